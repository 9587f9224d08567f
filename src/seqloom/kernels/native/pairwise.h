// All queries of a row look at all its keys (reading.h has one query): what each side needs alone is made once.
//
// With Q = e^2q, K = e^2k and r = 1 / (1 + Q K):
//
//     tanh(q + k) = 1 - 2 r        1 - tanh(q + k)^2 = 4 Q K r^2
//
// so that an additive score takes its exponentials once a query and once a key in place of a tanh for each pair. Where
// a number lies FAR from zero, Q K might leave the range of a float, and tanh itself is taken.
#pragma once

#include "reading.h"

namespace sl {
namespace {

constexpr float FAR = 20;  // e^(4 FAR) is the largest product

// e^2x of some numbers, and whether all of them were near enough.
struct Powers {
    Buffer<float> data;
    bool near = false;

    void take(const float* x, int64_t n) {
        data.make(most(1, n));
        vf beyond = zero();
        each(n, [&](int64_t j, auto lane) {
            const vf one = lane.load(x + j);
            beyond = less(abs(one), set1(FAR), beyond, set1(1.0f));  // NaN is not less
            lane.store(data + j, exp(one + one));
        });
        near = sum(beyond) == 0;
    }
};

// One row's keys [source, size] and what is known of them.
struct Looked {
    const Score& score;
    const float* keys;
    const uint8_t* mask;
    int64_t source;
    Powers of_keys, of_query;

    void take(const float* keys_, const uint8_t* mask_, int64_t source_) {
        keys = keys_, mask = mask_, source = source_;
        if (score.v) of_keys.take(keys, source * score.size);
    }

    // Whether the pairs of this query can be made of powers.
    bool prepared(const float* query) {
        if (!score.v || !of_keys.near) return false;
        of_query.take(query, score.size);
        return of_query.near;
    }

    void weigh(const float* query, float* weights) {
        if (!prepared(query)) return sl::weigh(score, query, keys, mask, source, weights);
        for (int64_t s = 0; s < source; s++) {
            weights[s] = 0;
            if (!mask[s]) continue;
            const float *of_key = of_keys.data + s * score.size, *of_one = of_query.data;
            vf total = zero();
            each(score.size, [&](int64_t j, auto lane) {
                const vf r = set1(1.0f) / fma(lane.load(of_one + j), lane.load(of_key + j), set1(1.0f));
                total = fma(lane.load(score.v + j), fma(set1(-2.0f), r, set1(1.0f)), total);
            });
            weights[s] = sum(total);
        }
        soften(weights, mask, source);
    }

    // As weigh_backward of reading.h.
    void weigh_backward(const float* query, const float* weights, float* dweights, float* dquery, float* dkeys,
                        float* dv) {
        if (!prepared(query))
            return sl::weigh_backward(score, query, keys, mask, source, weights, dweights, dquery, dkeys, dv);
        unsoften(weights, mask, source, dweights);
        const int64_t size = score.size;
        each(size, [&](int64_t j, auto lane) {
            const vf of_one = lane.load(of_query.data + j), four = lane.load(score.v + j) * set1(4.0f);
            vf to_query = zero(), to_v = zero();
            for (int64_t s = 0; s < source; s++) {
                if (!mask[s]) continue;
                const vf both = of_one * lane.load(of_keys.data + s * size + j), d = set1(dweights[s]);
                const vf r = set1(1.0f) / (both + set1(1.0f));
                const vf under = d * four * (both * r) * r;
                to_query = to_query + under;
                to_v = fma(d, fma(set1(-2.0f), r, set1(1.0f)), to_v);
                lane.store(dkeys + s * size + j, lane.load(dkeys + s * size + j) + under);
            }
            lane.store(dquery + j, to_query);
            lane.store(dv + j, lane.load(dv + j) + to_v);
        });
    }
};

}  // namespace
}  // namespace sl

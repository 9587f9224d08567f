// One query of one row looks at its source (bridges/additive.py, concat.py, dot.py, general.py, scaled_dot.py).
#pragma once

#include "lanes.h"

namespace sl {
namespace {

// score(q, k) = v . tanh(q + k), or factor * q . k where there is no v. q and k are projected already.
struct Score {
    const float* v;
    float factor;
    int64_t size;
};

// Turn scores [source] into the softmax over the places that `mask` shows; 0 elsewhere, and everywhere where it shows
// none. What is not shown must be finite.
inline void soften(float* weights, const uint8_t* mask, int64_t source) {
    float most = -__builtin_inff();
    bool broken = false;
    for (int64_t s = 0; s < source; s++) {
        if (!mask[s]) continue;
        broken |= weights[s] != weights[s];
        if (weights[s] > most) most = weights[s];
    }
    if (broken) most = __builtin_nanf("");  // one NaN makes all weights NaN, as a softmax does
    float total = 0;
    for (int64_t s = 0; s < source; s += WIDTH) {
        const int64_t held = least(WIDTH, source - s);
        float powers[WIDTH];
        store(powers, exp((held == WIDTH ? load(weights + s) : load_part(weights + s, held)) - set1(most)));
        for (int64_t j = 0; j < held; j++) {
            weights[s + j] = mask[s + j] ? powers[j] : 0;
            total += weights[s + j];
        }
    }
    for (int64_t s = 0; s < source; s++)
        if (mask[s]) weights[s] /= total;
}

// The same backwards: the gradient of the weights becomes that of the scores, 0 where nothing is shown.
inline void unsoften(const float* weights, const uint8_t* mask, int64_t source, float* change) {
    float mean = 0;
    for (int64_t s = 0; s < source; s++)
        if (mask[s]) mean += weights[s] * change[s];
    for (int64_t s = 0; s < source; s++) change[s] = mask[s] ? weights[s] * (change[s] - mean) : 0;
}

// The weights [source] of one query.
inline void weigh(const Score& score, const float* query, const float* keys, const uint8_t* mask, int64_t source,
                  float* weights) {
    for (int64_t s = 0; s < source; s++) {
        weights[s] = 0;
        if (!mask[s]) continue;
        const float* key = keys + s * score.size;
        if (score.v) {
            vf total = zero();
            each(score.size, [&](int64_t j, auto lane) {
                total = fma(lane.load(score.v + j), tanh(lane.load(query + j) + lane.load(key + j)), total);
            });
            weights[s] = sum(total);
        } else {
            weights[s] = score.factor * dot(query, key, score.size);
        }
    }
    soften(weights, mask, source);
}

// mixed [width] += sum_s weights_s values_s; eight vectors of it stay in registers while the places pass.
inline void mix(const float* weights, const uint8_t* mask, int64_t source, const float* values, int64_t width,
                float* mixed) {
    int64_t i = 0;
    for (; i + 8 * WIDTH <= width; i += 8 * WIDTH) {
        vf sums[8];
        for (int v = 0; v < 8; v++) sums[v] = load(mixed + i + v * WIDTH);
        for (int64_t s = 0; s < source; s++) {
            if (!mask[s]) continue;
            const vf weight = set1(weights[s]);
            for (int v = 0; v < 8; v++) sums[v] = fma(weight, load(values + s * width + i + v * WIDTH), sums[v]);
        }
        for (int v = 0; v < 8; v++) store(mixed + i + v * WIDTH, sums[v]);
    }
    if (i == width) return;
    for (int64_t s = 0; s < source; s++)
        if (mask[s]) add(weights[s], values + s * width + i, mixed + i, width - i);
}

// From the gradient of the weights [source] (overwritten): dquery [size] is set; dkeys [source, size] and, where there
// is a v, dv [size] grow.
inline void weigh_backward(const Score& score, const float* query, const float* keys, const uint8_t* mask,
                           int64_t source, const float* weights, float* dweights, float* dquery, float* dkeys,
                           float* dv) {
    each(score.size, [&](int64_t j, auto lane) { lane.store(dquery + j, zero()); });
    unsoften(weights, mask, source, dweights);
    const vf one = set1(1.0f);
    for (int64_t s = 0; s < source; s++) {
        if (!mask[s]) continue;
        const float change = dweights[s];
        const float* key = keys + s * score.size;
        float* dkey = dkeys + s * score.size;
        if (!score.v) {
            add(score.factor * change, key, dquery, score.size);
            add(score.factor * change, query, dkey, score.size);
            continue;
        }
        const vf d = set1(change);
        each(score.size, [&](int64_t j, auto lane) {
            const vf y = tanh(lane.load(query + j) + lane.load(key + j));
            const vf before = d * lane.load(score.v + j) * (one - y * y);
            lane.store(dquery + j, lane.load(dquery + j) + before);
            lane.store(dkey + j, lane.load(dkey + j) + before);
            lane.store(dv + j, fma(d, y, lane.load(dv + j)));
        });
    }
}

// What a mixture's gradient says of the weights: dweights_s = dmixed . values_s, more where `more` is given.
inline void mix_backward(const float* dmixed, const uint8_t* mask, int64_t source, const float* values, int64_t width,
                         const float* more, float* dweights) {
    for (int64_t s = 0; s < source; s++)
        if (mask[s]) dweights[s] = dot(dmixed, values + s * width, width) + (more ? more[s] : 0);
}

}  // namespace
}  // namespace sl

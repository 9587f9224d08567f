// Multi-head attention of short sequences, forward and backward: every head's scores stay in the cache.
//
//     P = softmax(Q K^T / sqrt(size)), 0 where a query may not look       O = (P noise) V
//
// Each part takes one row of the batch and its heads one after the other. What may not be seen has weight 0; a query
// that sees nothing has weights and an answer of 0. All sums are of float32, whatever the kind of the numbers.

#include <cmath>

#include "noise.h"
#include "parallel.h"
#include "placed.h"
#include "strips.h"
#include "turn.h"

namespace {

using namespace sl;

// The softmax of scores [n], of which those with hidden[s] < 0 take no part, in place.
inline void soften(float* scores, const float* hidden, int64_t n) {
    const vf none = set1(-INFINITY), minus = set1(-0.5f);
    vf top = none, seen = minus + minus;
    for (int64_t s = 0; s < n; s += WIDTH) {
        top = max(top, less(load(hidden + s), minus, none, load(scores + s)));
        seen = max(seen, load(hidden + s));
    }
    if (largest(seen) < 0.0f) return clear(scores, n);
    const float most = largest(top);
    vf total = zero();
    for (int64_t s = 0; s < n; s += WIDTH) {
        const vf weight = less(load(hidden + s), minus, zero(), exp(load(scores + s) - set1(most)));
        store(scores + s, weight);
        total = total + weight;
    }
    const vf share = set1(1.0f / sum(total));
    for (int64_t s = 0; s < n; s += WIDTH)
        store(scores + s, less(load(hidden + s), minus, zero(), load(scores + s) * share));
}

// weights [n] times the noise of the numbers from `at` on
inline void dropped(const Noise& noise, int64_t at, int64_t n, float* weights) {
    float factor[SPAN];
    for (int64_t s = 0; s < n; s += SPAN) {
        const int64_t count = least(SPAN, n - s);
        factors(noise, at + s, count, factor);
        for (int64_t i = 0; i < count; i++) weights[s + i] *= factor[i];
    }
}

}  // namespace

// seen [batch or 1, source] bytes, 0 where no query may look, or null; weights [batch, heads, target, source] are kept
// for the backward pass, or null; out [batch, target, heads, size].
SL_API void SL_EXPORT(heads_forward)(const void* query, int64_t qb, int64_t qh, int64_t qt, const void* key, int64_t kb,
                                     int64_t kh, int64_t kt, const void* value, int64_t vb, int64_t vh, int64_t vt,
                                     const uint8_t* seen, int64_t seen_row, int64_t causal, int64_t seed,
                                     int64_t threshold, float drop_scale, int64_t kind, int64_t batch, int64_t heads,
                                     int64_t target, int64_t source, int64_t size, float scale, void* out,
                                     float* weights, int64_t threads) {
    const Shape shape{kind, batch, heads, target, source, size};
    const Given q{query, qb, qh, qt}, k{key, kb, kh, kt}, v{value, vb, vh, vt};
    const Noise noise{static_cast<uint64_t>(seed), threshold, drop_scale};
    const int64_t wide = padded(size), long_ = padded(source);
    parallel(batch, threads, [&](int64_t b) {
        Buffer<float> asks(target * wide), turned(size * long_), rows(most(source, target) * wide);
        Buffer<float> scores(target * long_), hidden(long_);
        clear(turned, size * long_);
        clear(rows, most(source, target) * wide);
        for (int64_t h = 0; h < heads; h++) {
            fetch(q, shape, b, h, 0, target, scale, asks, wide);
            fetch(k, shape, b, h, 0, source, 1.0f, rows, wide);
            turn(rows, wide, source, size, turned, long_);
            product(asks, wide, 1, target, turned, long_, size, scores);
            for (int64_t s = 0; s < long_; s++)
                hidden[s] = s < source && (!seen || seen[b * seen_row + s]) ? 0.0f : -1.0f;
            for (int64_t t = target - 1; t >= 0; t--) {  // backwards, so that ever more is hidden
                if (causal)
                    for (int64_t s = t + 1; s < source && (s == t + 1 || t == target - 1); s++) hidden[s] = -1.0f;
                float* row = scores + t * long_;
                soften(row, hidden, long_);
                const int64_t at = ((b * heads + h) * target + t) * source;
                if (weights) copy(row, weights + at, source);
                if (threshold) dropped(noise, at, source, row);
            }
            fetch(v, shape, b, h, 0, source, 1.0f, rows, wide);
            product(scores, long_, 1, target, rows, wide, source, asks);
            put(asks, wide, shape, b, h, 0, target, target, out);
        }
    });
}

// From the slope of out, [batch, head, target, size], and the weights: the slopes of query, key and value, each
// [batch, time, heads, size] without gaps.
SL_API void SL_EXPORT(heads_backward)(const void* query, int64_t qb, int64_t qh, int64_t qt, const void* key,
                                      int64_t kb, int64_t kh, int64_t kt, const void* value, int64_t vb, int64_t vh,
                                      int64_t vt, const void* slope, int64_t sb, int64_t sh, int64_t st, int64_t seed,
                                      int64_t threshold, float drop_scale, int64_t kind, int64_t batch, int64_t heads,
                                      int64_t target, int64_t source, int64_t size, float scale, const float* weights,
                                      void* to_query, void* to_key, void* to_value, int64_t threads) {
    const Shape shape{kind, batch, heads, target, source, size};
    const Given q{query, qb, qh, qt}, k{key, kb, kh, kt}, v{value, vb, vh, vt}, o{slope, sb, sh, st};
    const Noise noise{static_cast<uint64_t>(seed), threshold, drop_scale};
    const int64_t wide = padded(size), long_ = padded(source);
    parallel(batch, threads, [&](int64_t b) {
        Buffer<float> asks(target * wide), offers(source * wide), pushed(target * wide), turned(size * long_);
        Buffer<float> kept(target * long_), slopes(target * long_), found(most(source, target) * wide), factor(long_);
        clear(asks, target * wide);
        clear(offers, source * wide);
        clear(pushed, target * wide);
        clear(turned, size * long_);
        for (int64_t h = 0; h < heads; h++) {
            fetch(o, shape, b, h, 0, target, 1.0f, pushed, wide);
            fetch(v, shape, b, h, 0, source, 1.0f, offers, wide);
            turn(offers, wide, source, size, turned, long_);
            product(pushed, wide, 1, target, turned, long_, size, slopes);  // of P noise
            for (int64_t t = 0; t < target; t++) {
                const int64_t at = ((b * heads + h) * target + t) * source;
                const float* weight = weights + at;
                float *row = slopes + t * long_, *used = kept + t * long_;
                for (int64_t s = 0; s < source; s++) factor[s] = 1.0f;
                if (threshold) dropped(noise, at, source, factor);
                float total = 0.0f;
                for (int64_t s = 0; s < source; s++) {
                    used[s] = weight[s] * factor[s];
                    total += used[s] * row[s];
                }
                for (int64_t s = 0; s < source; s++) row[s] = weight[s] * (row[s] * factor[s] - total) * scale;
            }
            product(kept, 1, long_, source, pushed, wide, target, found);
            put(found, wide, shape, b, h, 0, source, source, to_value);
            fetch(k, shape, b, h, 0, source, 1.0f, offers, wide);
            product(slopes, long_, 1, target, offers, wide, source, found);
            put(found, wide, shape, b, h, 0, target, target, to_query);
            fetch(q, shape, b, h, 0, target, 1.0f, asks, wide);
            product(slopes, 1, long_, source, asks, wide, target, found);
            put(found, wide, shape, b, h, 0, source, source, to_key);
        }
    });
}

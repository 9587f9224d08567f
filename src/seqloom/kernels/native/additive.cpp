// The weights of the additive score for all queries at once, without the [batch, target, source, size] of the plain
// form: what it holds is computed once more in backward.

#include "pairwise.h"
#include "parallel.h"

// queries [batch, target, size], keys [batch, source, size], v [size], mask [batch, source]
// -> weights [batch, target, source].
SL_API void SL_EXPORT(additive_forward)(const float* queries, const float* keys, const float* v, const uint8_t* mask,
                                        float* weights, int64_t batch, int64_t target, int64_t source, int64_t size,
                                        int64_t threads) {
    const sl::Score score{v, 1, size};
    sl::parallel(batch, threads, [&](int64_t b) {
        sl::Looked row{score};
        row.take(keys + b * source * size, mask + b * source, source);
        for (int64_t t = b * target; t < (b + 1) * target; t++) row.weigh(queries + t * size, weights + t * source);
    });
}

// dweights [batch, target, source] -> dqueries, dkeys (which begins at zero), and dv [batch, size], which also begins at
// zero: every row's own share, so that the sum does not hang on who computed what.
SL_API void SL_EXPORT(additive_backward)(const float* queries, const float* keys, const float* v, const uint8_t* mask,
                                         const float* weights, const float* dweights, float* dqueries, float* dkeys,
                                         float* dv, int64_t batch, int64_t target, int64_t source, int64_t size,
                                         int64_t threads) {
    const sl::Score score{v, 1, size};
    sl::parallel(batch, threads, [&](int64_t b) {
        sl::Buffer<float> change(source + 1);
        sl::Looked row{score};
        row.take(keys + b * source * size, mask + b * source, source);
        for (int64_t t = b * target; t < (b + 1) * target; t++) {
            memcpy(change, dweights + t * source, sizeof(float) * source);
            row.weigh_backward(queries + t * size, weights + t * source, change, dqueries + t * size,
                               dkeys + b * source * size, dv + b * size);
        }
    });
}

// Dropout, alone, added to what goes round it, or after a function between two layers; noise.h makes the noise.

#include "activation.h"
#include "halves.h"
#include "noise.h"
#include "parallel.h"

namespace {

using namespace sl;

constexpr int64_t PART = 64 * SPAN;  // numbers of one part

template <class F>
void spans(int64_t n, int64_t threads, const F& each) {
    parallel((n + PART - 1) / PART, threads, [&](int64_t part) {
        const int64_t end = least(n, (part + 1) * PART);
        for (int64_t at = part * PART; at < end; at += SPAN) each(at, least(SPAN, end - at));
    });
}

// gelu'(x) = (1 + erf(x / sqrt 2)) / 2 + x exp(-x^2 / 2) / sqrt(2 pi)
inline vf gelu_slope(vf x) {
    const vf normal = exp(x * x * set1(-0.5f)) * set1(0.398942280401432678f);
    return fma(x, normal, fma(erf(x * set1(0.70710678118654752f)), set1(0.5f), set1(0.5f)));
}

}  // namespace

// y = x noise (+ beside, where there is one); kinds of x, of what is beside and of y.
SL_API void SL_EXPORT(dropout)(const void* x, int64_t x_kind, const void* beside, int64_t beside_kind, void* y,
                               int64_t y_kind, int64_t n, int64_t seed, int64_t threshold, float scale,
                               int64_t threads) {
    const Noise noise{static_cast<uint64_t>(seed), threshold, scale};
    spans(n, threads, [&](int64_t at, int64_t count) {
        float factor[SPAN], value[SPAN], other[SPAN];
        factors(noise, at, count, factor);
        read_floats(x, x_kind, at, count, value);
        for (int64_t i = 0; i < count; i++) value[i] *= factor[i];
        if (beside) {
            read_floats(beside, beside_kind, at, count, other);
            for (int64_t i = 0; i < count; i++) value[i] += other[i];
        }
        write_floats(value, y, y_kind, at, count);
    });
}

// y = f(x) noise, f = relu or gelu (which = 0, 1).
SL_API void SL_EXPORT(activate)(const void* x, void* y, int64_t kind, int64_t which, int64_t n, int64_t seed,
                                int64_t threshold, float scale, int64_t threads) {
    const Noise noise{static_cast<uint64_t>(seed), threshold, scale};
    spans(n, threads, [&](int64_t at, int64_t count) {
        float factor[SPAN], value[SPAN];
        read_floats(x, kind, at, count, value);
        if (which == 0)
            map(value, value, count, [](vf v) { return relu(v); });
        else
            map(value, value, count, [](vf v) { return gelu(v); });
        if (threshold) {
            factors(noise, at, count, factor);
            for (int64_t i = 0; i < count; i++) value[i] *= factor[i];
        }
        write_floats(value, y, kind, at, count);
    });
}

// to_x = slope noise f'(x)
SL_API void SL_EXPORT(activate_backward)(const void* slope, const void* x, void* to_x, int64_t kind, int64_t which,
                                         int64_t n, int64_t seed, int64_t threshold, float scale, int64_t threads) {
    const Noise noise{static_cast<uint64_t>(seed), threshold, scale};
    spans(n, threads, [&](int64_t at, int64_t count) {
        float factor[SPAN], value[SPAN], pushed[SPAN];
        read_floats(x, kind, at, count, value);
        read_floats(slope, kind, at, count, pushed);
        if (which == 0)
            map(value, value, count, [](vf v) { return less(zero(), v, set1(1.0f), zero()); });
        else
            map(value, value, count, [](vf v) { return gelu_slope(v); });
        for (int64_t i = 0; i < count; i++) pushed[i] *= value[i];
        if (threshold) {
            factors(noise, at, count, factor);
            for (int64_t i = 0; i < count; i++) pushed[i] *= factor[i];
        }
        write_floats(pushed, to_x, kind, at, count);
    });
}

// The pointwise part of the recurrent cells: one step of one row, forwards and backwards.
//
// `advance` gets the products of the input and of the past with the weights and writes h, outputs and what backward
// needs. `retreat` gets the gradient of h and writes those of both products; what it leaves in the gradient of h is the
// part that goes around the products. Gates stand in torch's order.
#pragma once

#include "rows.h"
#include "vector.h"

namespace sl {
namespace {

// All tensors of a call; what is not asked for is null.
struct Call {
    const float *x, *w_ih, *w_hh, *b_ih, *b_hh;
    const float *h_start, *c_start;
    float* outputs;          // [batch, time, size]
    float *gates, *cells;    // what backward needs of each valid step: [steps, KEPT * size], [steps, size]
    float *h_last, *c_last;  // [batch, size]
    int64_t x_row, x_step;   // floats between rows and steps of x
    int64_t input, size;
};

struct Gradients {
    const float* outputs;          // of the outputs
    const float *h_last, *c_last;  // of the last State
    float* x;                      // [batch, time, input]
    float *w_ih, *w_hh, *b_ih, *b_hh;
    float *h_start, *c_start;  // [batch, size]
    int64_t row, step;         // floats between rows and steps of the gradient of the outputs
};

struct Whole {
    int64_t i;
    vf load(const float* p) const { return sl::load(p + i); }
    void store(float* p, vf v) const { sl::store(p + i, v); }
};

struct Part {
    int64_t i, n;
    vf load(const float* p) const { return load_part(p + i, n); }
    void store(float* p, vf v) const { store_part(p + i, v, n); }
};

// Call f for each vector of n floats, the last one in part.
template <class F>
inline void vectors(int64_t n, const F& f) {
    int64_t i = 0;
    for (; i + WIDTH <= n; i += WIDTH) f(Whole{i});
    if (i < n) f(Part{i, n - i});
}

// The gradient of h as it comes from above and from later steps.
template <class At>
inline vf arriving(const At& at, const float* dy, const float* dh) {
    return dy ? at.load(dy) + at.load(dh) : at.load(dh);
}

inline vf one() { return set1(1.0f); }

// h' = g(W x + b + U h + c)
template <bool RELU>
struct RNN {
    static constexpr int64_t GATES = 1, KEPT = 0;
    static constexpr bool ADDS = true;     // the products are added up before anything else
    static constexpr bool AROUND = false;  // whether h' reads h other than through a product
    static constexpr bool TWO = false;     // whether the products have different gradients

    static void advance(const Call& call, const Place& place, const float* bias, const float* g, const float*, float* h) {
        float* y = call.outputs + place.padded * call.size;
        vectors(call.size, [&](auto at) {
            const vf a = at.load(g) + at.load(bias);
            const vf now = RELU ? less(a, zero(), zero(), a) : tanh(a);
            at.store(h, now), at.store(y, now);
        });
    }

    static void retreat(const Call& call, const Gradients&, const Place& place, const float*, const float* dy, float* dh,
                        float* d, float*) {
        const float* y = call.outputs + place.padded * call.size;
        vectors(call.size, [&](auto at) {
            const vf now = at.load(y), arrived = arriving(at, dy, dh);
            at.store(d, RELU ? less(zero(), now, arrived, zero()) : arrived * (one() - now * now));
        });
    }
};

// r, z = sigmoid(..)    n = tanh(W_n x + r * (U_n h))    h' = (1 - z) * n + z * h;    kept: r z n and U_n h
struct GRU {
    static constexpr int64_t GATES = 3, KEPT = 4;
    static constexpr bool ADDS = false, AROUND = true, TWO = true;

    static void advance(const Call& call, const Place& place, const float* bias, const float* g, const float* q, float* h) {
        const int64_t size = call.size;
        float* y = call.outputs + place.padded * size;
        float* kept = call.gates ? call.gates + place.packed * 4 * size : nullptr;
        vectors(size, [&](auto at) {
            const vf r = sigmoid(at.load(g) + at.load(q) + at.load(bias));
            const vf z = sigmoid(at.load(g + size) + at.load(q + size) + at.load(bias + size));
            const vf u = at.load(q + 2 * size) + at.load(bias + 3 * size);
            const vf n = tanh(fma(r, u, at.load(g + 2 * size) + at.load(bias + 2 * size)));
            const vf now = fma(z, at.load(h), (one() - z) * n);  // z = 1 keeps h to the last bit
            at.store(h, now), at.store(y, now);
            if (kept) at.store(kept, r), at.store(kept + size, z), at.store(kept + 2 * size, n), at.store(kept + 3 * size, u);
        });
    }

    static void retreat(const Call& call, const Gradients&, const Place& place, const float* past, const float* dy,
                        float* dh, float* d, float* e) {
        const int64_t size = call.size;
        const float* kept = call.gates + place.packed * 4 * size;
        vectors(size, [&](auto at) {
            const vf r = at.load(kept), z = at.load(kept + size), n = at.load(kept + 2 * size);
            const vf arrived = arriving(at, dy, dh);
            const vf dn = arrived * (one() - z) * (one() - n * n);
            const vf dz = arrived * (at.load(past) - n) * z * (one() - z);
            const vf dr = dn * at.load(kept + 3 * size) * r * (one() - r);
            at.store(d, dr), at.store(d + size, dz), at.store(d + 2 * size, dn);
            at.store(e, dr), at.store(e + size, dz), at.store(e + 2 * size, dn * r);
            at.store(dh, arrived * z);
        });
    }
};

// i, f, o = sigmoid(..)    g = tanh(..)    c' = f * c + i * g    h' = o * tanh(c');    kept: i f g o, and c'
struct LSTM {
    static constexpr int64_t GATES = 4, KEPT = 4;
    static constexpr bool ADDS = true, AROUND = false, TWO = false;

    static void advance(const Call& call, const Place& place, const float* bias, const float* p, const float*, float* h) {
        const int64_t size = call.size;
        float* y = call.outputs + place.padded * size;
        float* c = call.c_last + place.row * size;
        float* kept = call.gates ? call.gates + place.packed * 4 * size : nullptr;
        float* cell = call.cells ? call.cells + place.packed * size : nullptr;
        vectors(size, [&](auto at) {
            const vf i = sigmoid(at.load(p) + at.load(bias));
            const vf f = sigmoid(at.load(p + size) + at.load(bias + size));
            const vf g = tanh(at.load(p + 2 * size) + at.load(bias + 2 * size));
            const vf o = sigmoid(at.load(p + 3 * size) + at.load(bias + 3 * size));
            const vf now = fma(f, at.load(c), i * g), out = o * tanh(now);
            at.store(c, now), at.store(h, out), at.store(y, out);
            if (kept) {
                at.store(kept, i), at.store(kept + size, f), at.store(kept + 2 * size, g), at.store(kept + 3 * size, o);
                at.store(cell, now);
            }
        });
    }

    static void retreat(const Call& call, const Gradients& to, const Place& place, const float*, const float* dy,
                        float* dh, float* d, float*) {
        const int64_t size = call.size;
        const float* kept = call.gates + place.packed * 4 * size;
        const float* cell = call.cells + place.packed * size;
        const float* before = place.first ? call.c_start + place.row * size : cell + place.before * size;
        float* dc = to.c_start + place.row * size;
        vectors(size, [&](auto at) {
            const vf i = at.load(kept), f = at.load(kept + size), g = at.load(kept + 2 * size), o = at.load(kept + 3 * size);
            const vf out = tanh(at.load(cell)), arrived = arriving(at, dy, dh);
            const vf all = fma(arrived * o, one() - out * out, at.load(dc));
            at.store(d, all * g * i * (one() - i));
            at.store(d + size, all * at.load(before) * f * (one() - f));
            at.store(d + 2 * size, all * i * (one() - g * g));
            at.store(d + 3 * size, arrived * out * o * (one() - o));
            at.store(dc, all * f);
        });
    }
};

}  // namespace
}  // namespace sl

// One step of a cell for one row, forward and backward, once its products are done (cells/rnn.py, lstm.py, gru.py).
#pragma once

#include "lanes.h"

namespace sl {
namespace {

enum CellKind : int64_t { TANH = 0, RELU = 1, LSTM = 2, GRU = 3 };

inline int64_t gates_of(int64_t kind) { return kind == LSTM ? 4 : kind == GRU ? 3 : 1; }
// What backward needs beside the states: i f g o, or r z n and U_n h + c_n; nothing for a plain network.
inline int64_t kept_of(int64_t kind) { return kind == LSTM || kind == GRU ? 4 : 0; }

// x [gates * size] is the input's side with its bias, u = U h [gates * size], b the bias of u. h1 may be h0, c1 may be
// c0.
inline void gates_forward(int64_t kind, int64_t size, const float* x, const float* u, const float* b, const float* h0,
                          const float* c0, float* h1, float* c1, float* kept) {
    each(size, [&](int64_t j, auto lane) {
        const auto past = [&](int64_t gate) { return lane.load(u + gate * size + j) + lane.load(b + gate * size + j); };
        const auto whole = [&](int64_t gate) { return lane.load(x + gate * size + j) + past(gate); };
        const auto keep = [&](int64_t gate, vf value) { lane.store(kept + gate * size + j, value); };
        if (kind == LSTM) {
            const vf i = sigmoid(whole(0)), f = sigmoid(whole(1)), g = tanh(whole(2)), o = sigmoid(whole(3));
            const vf c = f * lane.load(c0 + j) + i * g;  // c' = f c + i g
            keep(0, i), keep(1, f), keep(2, g), keep(3, o);
            lane.store(c1 + j, c);
            lane.store(h1 + j, o * tanh(c));  // h' = o tanh(c')
        } else if (kind == GRU) {
            const vf r = sigmoid(whole(0)), z = sigmoid(whole(1)), q = past(2);
            const vf n = tanh(lane.load(x + 2 * size + j) + r * q);  // n = tanh(W_n x + r (U_n h))
            keep(0, r), keep(1, z), keep(2, n), keep(3, q);
            lane.store(h1 + j, (set1(1.0f) - z) * n + z * lane.load(h0 + j));  // h' = (1 - z) n + z h
        } else {
            const vf a = whole(0);
            lane.store(h1 + j, kind == TANH ? tanh(a) : max(zero(), a));  // a NaN stays one: it stands second
        }
    });
}

// From dh = dL/dh' and, of an LSTM, dc = dL/dc': dx and du [gates * size], which are one and the same but for a GRU (du
// may then be null), dh0 = what reaches h past the product, and dc = dL/dc in place of what it held. dh0 may be dh.
inline void gates_backward(int64_t kind, int64_t size, const float* kept, const float* h0, const float* h1,
                           const float* c0, const float* c1, const float* dh, float* dc, float* dx, float* du,
                           float* dh0) {
    const vf one = set1(1.0f);
    each(size, [&](int64_t j, auto lane) {
        const auto gate = [&](int64_t which) { return lane.load(kept + which * size + j); };
        const auto give = [&](float* where, int64_t which, vf value) { lane.store(where + which * size + j, value); };
        const vf d = lane.load(dh + j);
        if (kind == LSTM) {
            const vf i = gate(0), f = gate(1), g = gate(2), o = gate(3), t = tanh(lane.load(c1 + j));
            const vf s = lane.load(dc + j) + d * o * (one - t * t);  // dL/dc'
            give(dx, 0, s * g * i * (one - i));
            give(dx, 1, s * lane.load(c0 + j) * f * (one - f));
            give(dx, 2, s * i * (one - g * g));
            give(dx, 3, d * t * o * (one - o));
            lane.store(dc + j, s * f);
            lane.store(dh0 + j, zero());
        } else if (kind == GRU) {
            const vf r = gate(0), z = gate(1), n = gate(2), q = gate(3);
            const vf dn = d * (one - z) * (one - n * n);
            const vf dz = d * (lane.load(h0 + j) - n) * z * (one - z);
            const vf dr = dn * q * r * (one - r);
            give(dx, 0, dr), give(dx, 1, dz), give(dx, 2, dn);
            give(du, 0, dr), give(du, 1, dz), give(du, 2, dn * r);
            lane.store(dh0 + j, d * z);
        } else {
            const vf h = lane.load(h1 + j);
            give(dx, 0, kind == TANH ? d * (one - h * h) : less(zero(), h, d, zero()));
            lane.store(dh0 + j, zero());
        }
    });
}

}  // namespace
}  // namespace sl

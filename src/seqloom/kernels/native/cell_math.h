// One step of each kind of cell, once the sums of its gates are there (cells/*.py).
#pragma once

#include "vector.h"

namespace sl {
namespace {

enum CellType : int64_t {
    RNN_TANH,
    RNN_RELU,
    LSTM_CELL,
    GRU_CELL,
    MINGRU,
    MINGRU_POSITIVE,
    MINLSTM,
    MINLSTM_POSITIVE,
    GRU_BEFORE,  // r acts before the product: U_n (r h)
    MGU,
};

// Gates, of which all but the minimal cells' read h. The candidate of the last two waits for another gate.
constexpr int64_t gates_in(int64_t type) {
    return type <= RNN_RELU ? 1 : type == LSTM_CELL ? 4 : type == MINGRU || type == MINGRU_POSITIVE || type == MGU ? 2 : 3;
}
constexpr bool reads_past(int64_t type) { return type < MINGRU || type > MINLSTM_POSITIVE; }
constexpr bool waits(int64_t type) { return type > MINLSTM_POSITIVE; }

// (1 - z) n + z h
inline vf between(vf z, vf n, vf h) { return fma(z, h, (set1(1.0f) - z) * n); }

// x + 0.5 at and above zero, sigmoid(x) below (Feng et al. 2024, appendix B).
inline vf positive(vf x) { return less(x, zero(), sigmoid(x), x + set1(0.5f)); }

// sigmoid(softplus(x) - softplus(y)) = (1 + e^x) / (1 + e^x + 1 + e^y)
inline vf share_of_softplus(vf x, vf y) {
    const vf largest = set1(3.4e38f), gap = max(zero(), x) - max(zero(), y);
    x = min(largest, x), y = min(largest, y);
    const vf high = max(max(x, y), zero());
    const vf base = exp(zero() - high), of_x = base + exp(x - high), of_y = base + exp(y - high);
    return less(zero(), abs(gap) + set1(1.0f), of_x / (of_x + of_y), gap);  // infinity less itself is NaN
}

// h', from the sums of x and h for each gate, all biases in them. Of a GRU that resets after the product gates[2] is
// the candidate's sum of x and `past` that of h; of cells that wait, `past` is the sum of what they waited for.
// c becomes c'.
template <CellType T>
inline vf next_h(const vf* gates, vf past, vf h, vf& c) {
    if (T == RNN_TANH) return tanh(gates[0]);
    if (T == RNN_RELU) return max(zero(), gates[0]);
    if (T == LSTM_CELL) {  // c' = f c + i g, h' = o tanh(c')
        c = fma(sigmoid(gates[1]), c, sigmoid(gates[0]) * tanh(gates[2]));
        return sigmoid(gates[3]) * tanh(c);
    }
    if (T == GRU_CELL) return between(sigmoid(gates[1]), tanh(fma(sigmoid(gates[0]), past, gates[2])), h);
    if (T == MINGRU) return between(sigmoid(gates[0]), gates[1], h);
    if (T == MINGRU_POSITIVE) return between(sigmoid(gates[0]), positive(gates[1]), h);
    if (T == MINLSTM || T == MINLSTM_POSITIVE) {
        const vf f = share_of_softplus(zero() - gates[1], zero() - gates[0]);
        return between(f, T == MINLSTM ? gates[2] : positive(gates[2]), h);
    }
    if (T == GRU_BEFORE) return between(sigmoid(gates[1]), tanh(gates[2] + past), h);
    return between(sigmoid(gates[0]), tanh(gates[1] + past), h);  // MGU
}

// What the candidate of a cell that waits reads: r h, or (1 - z) h.
template <CellType T>
inline vf let_through(const vf* gates, vf h) {
    return (T == MGU ? set1(1.0f) - sigmoid(gates[0]) : sigmoid(gates[0])) * h;
}

}  // namespace
}  // namespace sl

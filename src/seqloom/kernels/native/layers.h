// All layers of a recurrent stack at one step of a loop (layers/stack.py), forward and backward, for rows that are
// still going.
//
//     i^l = noise^l y^{l-1}      h^l = cell^l(W^l i^l + b^l, h^l)      y^l = h^l, or h^l + i^l with a residual connection
//
// The input's side of the bottom layer's gates is the loop's own business.
#pragma once

#include "attending.h"

namespace sl {
namespace {

constexpr int64_t DEEPEST = 8;  // layers; kernels/attend.py knows it too

// What all layers share. recurrent [layers * gates + below, size] holds every U^l and, below the last, what else is
// multiplied with the top layer's h (the weights that make a query); bias as many; inward [layers - 1, gates, size] W^l
// and inward_bias; noise [batch, time, layers - 1, size] or null; start_h, start_c [layers, batch, size]. hidden, cells,
// kept [layers, batch, time, ...] and inputs [layers - 1, batch, time, size] are made on the way forward.
struct Layered {
    const float *recurrent, *bias, *inward, *inward_bias, *noise, *start_h, *start_c;
    float *hidden, *cells, *kept, *inputs;
};

// The weights of every layer, packed for one direction.
struct PackedLayers {
    Packed past[DEEPEST], inward[DEEPEST];

    PackedLayers(const Attending& to, const Layered& all, int64_t below, bool backward) {
        const int64_t size = to.size, count = to.gates();
        for (int64_t l = 0; l < to.layers; l++) {
            const int64_t wide = count + (l + 1 == to.layers ? below : 0);
            const float* u = all.recurrent + l * count * size;
            backward ? past[l].pack(u, size, wide, 1, size) : past[l].pack(u, wide, size, size, 1);
            if (!l) continue;
            const float* w = all.inward + (l - 1) * count * size;
            backward ? inward[l].pack(w, size, count, 1, size) : inward[l].pack(w, count, size, size, 1);
        }
    }
};

// What one thread holds of its rows. Going forward `state` is h and `memory` c of every layer [layers, rows, size];
// going backward they are their gradients. y [rows, size] is what a layer gives, or the gradient of that; x [rows,
// gates] the input's side of its gates; top [rows, gates + below] the products with the top layer's h.
struct Standing {
    const Attending& to;
    const Layered& all;
    const PackedLayers& weights;
    const Rows& rows;
    int64_t below, wide;
    Buffer<float> state, memory, x, y, other, top, inner;

    Standing(const Attending& to, const Layered& all, const PackedLayers& weights, const Rows& rows, int64_t below)
        : to(to), all(all), weights(weights), rows(rows), below(below), wide(to.gates() + below),
          state(to.layers * rows.count * to.size + 1), memory(to.layers * rows.count * to.size + 1),
          x(rows.count * to.gates() + 1), y(rows.count * to.size + 1), other(rows.count * to.size + 1),
          top(rows.count * wide + 1), inner(rows.count * to.gates() + 1) {}

    float* state_of(int64_t l) { return state + l * rows.count * to.size; }
    float* memory_of(int64_t l) { return memory + l * rows.count * to.size; }
    float* top_state() { return state_of(to.layers - 1); }

    // Copy [layers, batch, size] here, or back.
    void take(const float* h, const float* c) {
        for (int64_t l = 0; l < to.layers; l++) {
            rows.take(h + l * to.batch * to.size, to.size, state_of(l));
            if (to.kind == LSTM) rows.take(c + l * to.batch * to.size, to.size, memory_of(l));
        }
    }

    void give(float* h, float* c) {
        for (int64_t l = 0; l < to.layers; l++) {
            rows.give(state_of(l), to.size, h + l * to.batch * to.size);
            if (to.kind == LSTM) rows.give(memory_of(l), to.size, c + l * to.batch * to.size);
        }
    }

    // Where row i, step t of layer l stands in a tensor [layers, batch, time, ...].
    int64_t place(int64_t l, int64_t i, int64_t t) const { return l * to.batch * to.time + rows.at(i, t); }

    const float* before(const float* start, const float* every, int64_t l, int64_t i, int64_t t) const {
        return t ? every + (place(l, i, t) - 1) * to.size : start + (l * to.batch + rows.row[i]) * to.size;
    }

    bool skips(int64_t l) const { return l && l + 1 >= to.residual; }

    const float* noise(int64_t l, int64_t i, int64_t t) const {
        return all.noise + (rows.at(i, t) * (to.layers - 1) + l - 1) * to.size;
    }

    void multiply_top(int64_t going) {
        weights.past[to.layers - 1].run(top_state(), to.size, going, top, wide, false);
    }

    // From x, the bottom layer's, to y, the top layer's; `top` holds the products with its h already.
    void climb(int64_t t, int64_t going) {
        const int64_t size = to.size, count = to.gates();
        for (int64_t l = 0; l < to.layers; l++) {
            const bool last = l + 1 == to.layers;
            if (!last) weights.past[l].run(state_of(l), size, going, inner, count, false);
            if (l) {
                for (int64_t i = 0; i < going; i++) {
                    if (all.noise) times(noise(l, i, t), y + i * size, size);
                    copy(y + i * size, all.inputs + place(l - 1, i, t) * size, size);
                }
                weights.inward[l].run(y, size, going, x, count, false);
                for (int64_t i = 0; i < going; i++) plus(all.inward_bias + (l - 1) * count, x + i * count, count);
            }
            for (int64_t i = 0; i < going; i++) {
                const int64_t here = place(l, i, t);
                float *h = state_of(l) + i * size, *c = memory_of(l) + i * size;
                gates_forward(to.kind, size, x + i * count, last ? top + i * wide : inner + i * count,
                              all.bias + l * count, h, c, h, c, all.kept + here * to.kept());
                copy(h, all.hidden + here * size, size);
                if (to.kind == LSTM) copy(c, all.cells + here * size, size);
                skips(l) ? plus(h, y + i * size, size) : copy(h, y + i * size, size);
            }
        }
    }

    // From the gradient of y to that of x. Those of both sides of all gates go to dx and du [layers, batch, time, gates]
    // (du of a GRU alone). Of the top layer's the product with U is left to who called, if `later`: `top` holds it.
    void descend(int64_t t, int64_t going, bool later, float* dx, float* du) {
        const int64_t size = to.size, count = to.gates();
        for (int64_t l = to.layers - 1; l >= 0; l--) {
            const bool last = l + 1 == to.layers;
            for (int64_t i = 0; i < going; i++) {
                const int64_t here = place(l, i, t);
                float *dh = state_of(l) + i * size, *d = last ? top + i * wide : inner + i * count;
                plus(y + i * size, dh, size);
                const bool lstm = to.kind == LSTM;
                gates_backward(to.kind, size, all.kept + here * to.kept(), before(all.start_h, all.hidden, l, i, t),
                               all.hidden + here * size, lstm ? before(all.start_c, all.cells, l, i, t) : nullptr,
                               lstm ? all.cells + here * size : nullptr, dh, memory_of(l) + i * size, x + i * count, d,
                               dh);
                copy(x + i * count, dx + here * count, count);
                to.kind == GRU ? copy(d, du + here * count, count) : copy(x + i * count, d, count);
            }
            if (!last)
                weights.past[l].run(inner, count, going, state_of(l), size, true);
            else if (!later)
                weights.past[l].run(top, wide, going, state_of(l), size, true);
            if (!l) continue;
            weights.inward[l].run(x, count, going, other, size, false);
            for (int64_t i = 0; i < going; i++) {
                if (skips(l)) plus(y + i * size, other + i * size, size);
                if (all.noise) times(noise(l, i, t), other + i * size, size);
                copy(other + i * size, y + i * size, size);
            }
        }
    }

    // Set padding of x [layers, batch, time, width] to zero.
    void clear_padding(float* of_all, int64_t width) const {
        for (int64_t l = 0; l < to.layers; l++) rows.clear_padding(of_all + l * to.batch * to.time * width, width);
    }

    // The same of what products over all steps will meet.
    void clear_padding_of_layers() const {
        clear_padding(all.hidden, to.size);
        for (int64_t l = 0; l + 1 < to.layers; l++)
            rows.clear_padding(all.inputs + l * to.batch * to.time * to.size, to.size);
    }
};

}  // namespace
}  // namespace sl

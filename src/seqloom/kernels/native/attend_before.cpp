// The loop of a decoder that reads before its cells step (decoders/bahdanau.py, gnmt.py), forward and backward.
//
//     q_t = W_q h_{t-1} + b_q            a_t = softmax(score(q_t, k_s))            m_t = sum_s a_ts v_s
//     h_t = cells(x_t + C m_t, h_{t-1})  x_t: the input's side of the bottom layer's gates; the top layer's h asks
//
// C m_t is m_t where the values v = C memory. Each thread runs all steps of its rows with no barrier; a row that has
// ended costs nothing. Products that no step waits for (x, keys, C memory, all gradients of weights) are done in one
// piece by who calls (kernels/attend.py).

#include "layers.h"

using namespace sl;

// The layers as in layers.h, W_q and b_q below the last; gates [batch, time, gates], values [batch, source, mixed], keys
// [batch, source, width], mask [batch, source], lengths and order [batch]; v [width] or null; context C [gates, mixed]
// or null.
// -> out [batch, time, size], weights [batch, time, source], queries [batch, time, asked], last h and c [layers, batch,
// size], and what the layers make.
SL_API void SL_EXPORT(attend_before_forward)(const int64_t* sizes, const Layered* layers, const float* gates,
                                             const float* values, const float* keys, const uint8_t* mask,
                                             const int64_t* lengths, const int64_t* order, const float* v, float factor,
                                             const float* context, float* out, float* weights, float* queries,
                                             float* last_h, float* last_c) {
    const Attending& to = *reinterpret_cast<const Attending*>(sizes);
    const int64_t size = to.size, count = to.gates(), wide = count + to.asked, source = to.source;
    const float* asking = layers->bias + to.layers * count;
    const Score score{v, factor, to.width};
    const PackedLayers packed(to, *layers, to.asked, false);
    Packed bring;
    if (to.context) bring.pack(context, count, to.mixed, to.mixed, 1);
    parallel(to.parts(), to.threads, [&](int64_t part) {
        const Rows rows(to, part, order, lengths);
        Standing now(to, *layers, packed, rows, to.asked);
        Buffer<float> mixed(to.context ? rows.count * to.mixed + 1 : 1);
        now.take(layers->start_h, layers->start_c);
        for (int64_t t = 0; t < rows.longest(); t++) {
            const int64_t going = rows.going(t);
            now.multiply_top(going);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const uint8_t* shown = mask + row * source;
                const float* query = now.top_state() + i * size;
                float* x = now.x + i * count;
                if (to.asked) {
                    copy(now.top + i * wide + count, queries + place * to.asked, to.asked);
                    plus(asking, queries + place * to.asked, to.asked);
                    query = queries + place * to.asked;
                }
                weigh(score, query, keys + row * source * to.width, shown, source, weights + place * source);
                copy(gates + place * count, x, count);
                if (to.context) memset(mixed + i * to.mixed, 0, sizeof(float) * to.mixed);
                mix(weights + place * source, shown, source, values + row * source * to.mixed, to.mixed,
                    to.context ? mixed + i * to.mixed : x);
            }
            if (to.context) bring.run(mixed, to.mixed, going, now.x, count, true);
            now.climb(t, going);
            for (int64_t i = 0; i < going; i++) copy(now.y + i * size, out + rows.at(i, t) * size, size);
        }
        now.give(last_h, last_c);
        rows.clear_padding(out, size);
        rows.clear_padding(weights, source);
        now.clear_padding_of_layers();
    });
}

// The same tensors and the gradients of out, weights and the last h and c
// -> those of the gates' sides, dx and of a GRU du [layers, batch, time, gates], of queries, keys (which begin at zero),
// of what was mixed where there is a context, of v by row [batch, width] (from zero), and of the start.
SL_API void SL_EXPORT(attend_before_backward)(const int64_t* sizes, const Layered* layers, const float* values,
                                              const float* keys, const uint8_t* mask, const int64_t* lengths,
                                              const int64_t* order, const float* v, float factor, const float* context,
                                              const float* weights, const float* queries, const float* dout,
                                              const float* dweights, const float* dlast_h, const float* dlast_c,
                                              float* dx, float* du, float* dqueries, float* dkeys, float* dmixed,
                                              float* dv, float* dstart_h, float* dstart_c) {
    const Attending& to = *reinterpret_cast<const Attending*>(sizes);
    const int64_t size = to.size, count = to.gates(), wide = count + to.asked, source = to.source, top = to.layers - 1;
    const Score score{v, factor, to.width};
    const PackedLayers packed(to, *layers, to.asked, true);
    Packed bring;
    if (to.context) bring.pack(context, to.mixed, count, 1, to.mixed);
    parallel(to.parts(), to.threads, [&](int64_t part) {
        const Rows rows(to, part, order, lengths);
        Standing now(to, *layers, packed, rows, to.asked);
        Buffer<float> brought(to.context ? rows.count * to.mixed + 1 : 1), change(source + 1), asked(to.width);
        now.take(dlast_h, dlast_c);
        for (int64_t t = rows.longest() - 1; t >= 0; t--) {
            const int64_t going = rows.going(t);
            for (int64_t i = 0; i < going; i++) copy(dout + rows.at(i, t) * size, now.y + i * size, size);
            now.descend(t, going, true, dx, du);
            if (to.context) bring.run(now.x, count, going, brought, to.mixed, false);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const uint8_t* shown = mask + row * source;
                const float* back = to.context ? brought + i * to.mixed : now.x + i * count;
                const float* query = to.asked ? queries + place * to.asked
                                              : now.before(layers->start_h, layers->hidden, top, i, t);
                mix_backward(back, shown, source, values + row * source * to.mixed, to.mixed,
                             dweights + place * source, change);
                weigh_backward(score, query, keys + row * source * to.width, shown, source, weights + place * source,
                               change, asked, dkeys + row * source * to.width, dv + row * to.width);
                if (to.asked) {
                    copy(asked, now.top + i * wide + count, to.asked);
                    copy(asked, dqueries + place * to.asked, to.asked);
                } else {
                    plus(asked, now.top_state() + i * size, size);
                }
                if (to.context) copy(back, dmixed + place * to.mixed, to.mixed);
            }
            packed.past[top].run(now.top, wide, going, now.top_state(), size, true);
        }
        now.give(dstart_h, dstart_c);
        now.clear_padding(dx, count);
        if (to.kind == GRU) now.clear_padding(du, count);
        if (to.asked) rows.clear_padding(dqueries, to.asked);
        if (to.context) rows.clear_padding(dmixed, to.mixed);
    });
}

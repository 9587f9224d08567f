// The loop of a decoder that reads before its cell steps (decoders/bahdanau.py, gnmt.py), forward and backward.
//
//     q_t = W_q h_{t-1} + b_q            a_t = softmax(score(q_t, k_s))            m_t = sum_s a_ts v_s
//     h_t = cell(x_t + C m_t, h_{t-1})   x_t: the input's side of the gates; C m_t is m_t where the values v = C memory
//
// Each thread runs all steps of its rows with no barrier; a row that has ended costs nothing. Products that no step
// waits for (x, keys, C memory, all gradients of weights) are done in one piece by who calls (attend.py).

#include "attending.h"

using namespace sl;

// gates [batch, time, gates], values [batch, source, mixed], keys [batch, source, width], mask [batch, source], lengths
// and order [batch]; recurrent [gates + asked, size] holds U and W_q above each other, bias both biases; v [width] or
// null; context [gates, mixed] or null; start h and c [batch, size].
// -> hidden, cells [batch, time, size], weights [batch, time, source], kept [batch, time, kept], queries [batch, time,
// asked], last h and c [batch, size].
SL_API void SL_EXPORT(attend_before_forward)(const int64_t* sizes, const float* gates, const float* values,
                                             const float* keys, const uint8_t* mask, const int64_t* lengths,
                                             const int64_t* order, const float* recurrent, const float* bias,
                                             const float* v, float factor, const float* context, const float* start_h,
                                             const float* start_c, float* hidden, float* cells, float* weights,
                                             float* kept, float* queries, float* last_h, float* last_c) {
    const Attending& to = *reinterpret_cast<const Attending*>(sizes);
    const int64_t size = to.size, count = to.gates(), joint = count + to.asked, source = to.source;
    const Score score{v, factor, to.width};
    Packed products, bring;
    products.pack(recurrent, joint, size, size, 1);
    if (to.context) bring.pack(context, count, to.mixed, to.mixed, 1);
    parallel(to.parts(), to.threads, [&](int64_t part) {
        const Rows rows(to, part, order, lengths);
        const int64_t n = rows.count;
        Buffer<float> h(n * size + 1), c(n * size + 1), u(n * joint + 1), x(n * count + 1);
        Buffer<float> mixed(to.context ? n * to.mixed + 1 : 1);
        rows.take(start_h, size, h);
        if (to.kind == LSTM) rows.take(start_c, size, c);
        for (int64_t t = 0; t < rows.longest(); t++) {
            const int64_t going = rows.going(t);
            products.run(h, size, going, u, joint, false);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const uint8_t* shown = mask + row * source;
                const float* query = h + i * size;
                if (to.asked) {
                    query = queries + place * to.asked;
                    copy(u + i * joint + count, queries + place * to.asked, to.asked);
                    plus(bias + count, queries + place * to.asked, to.asked);
                }
                weigh(score, query, keys + row * source * to.width, shown, source, weights + place * source);
                copy(gates + place * count, x + i * count, count);
                if (to.context) memset(mixed + i * to.mixed, 0, sizeof(float) * to.mixed);
                mix(weights + place * source, shown, source, values + row * source * to.mixed, to.mixed,
                    to.context ? mixed + i * to.mixed : x + i * count);
            }
            if (to.context) bring.run(mixed, to.mixed, going, x, count, true);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t);
                gates_forward(to.kind, size, x + i * count, u + i * joint, bias, h + i * size, c + i * size,
                              h + i * size, c + i * size, kept + place * to.kept());
                copy(h + i * size, hidden + place * size, size);
                if (to.kind == LSTM) copy(c + i * size, cells + place * size, size);
            }
        }
        rows.give(h, size, last_h);
        if (to.kind == LSTM) rows.give(c, size, last_c);
        rows.clear_padding(hidden, size);
        rows.clear_padding(weights, source);
    });
}

// The same tensors and the gradients of hidden, weights and the last h and c
// -> those of gates (dx), of U h (du, a GRU's alone; else dx serves), of queries, keys (which begin at zero), of what
// was mixed where there is a context, of v by row [batch, width] (from zero), and of the start.
SL_API void SL_EXPORT(attend_before_backward)(
    const int64_t* sizes, const float* values, const float* keys, const uint8_t* mask, const int64_t* lengths,
    const int64_t* order, const float* recurrent, const float* v, float factor, const float* context,
    const float* start_h, const float* start_c, const float* hidden, const float* cells, const float* weights,
    const float* kept, const float* queries, const float* dhidden, const float* dweights, const float* dlast_h,
    const float* dlast_c, float* dx, float* du, float* dqueries, float* dkeys, float* dmixed, float* dv, float* dstart_h,
    float* dstart_c) {
    const Attending& to = *reinterpret_cast<const Attending*>(sizes);
    const int64_t size = to.size, count = to.gates(), joint = count + to.asked, source = to.source;
    const Score score{v, factor, to.width};
    Packed products, bring;
    products.pack(recurrent, size, joint, 1, size);
    if (to.context) bring.pack(context, to.mixed, count, 1, to.mixed);
    parallel(to.parts(), to.threads, [&](int64_t part) {
        const Rows rows(to, part, order, lengths);
        const int64_t n = rows.count;
        Buffer<float> dh(n * size + 1), dc(n * size + 1), d(n * joint + 1), x(n * count + 1);
        Buffer<float> brought(to.context ? n * to.mixed + 1 : 1), change(source + 1), asked(to.width);
        rows.take(dlast_h, size, dh);
        if (to.kind == LSTM) rows.take(dlast_c, size, dc);
        for (int64_t t = rows.longest() - 1; t >= 0; t--) {
            const int64_t going = rows.going(t);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const float* h0 = t ? hidden + (place - 1) * size : start_h + row * size;
                const float* c0 = to.kind != LSTM ? nullptr : t ? cells + (place - 1) * size : start_c + row * size;
                const float* c1 = to.kind != LSTM ? nullptr : cells + place * size;
                plus(dhidden + place * size, dh + i * size, size);
                gates_backward(to.kind, size, kept + place * to.kept(), h0, hidden + place * size, c0, c1, dh + i * size,
                               dc + i * size, x + i * count, d + i * joint, dh + i * size);
                copy(x + i * count, dx + place * count, count);
                if (to.kind == GRU)
                    copy(d + i * joint, du + place * count, count);
                else
                    copy(x + i * count, d + i * joint, count);
            }
            if (to.context) bring.run(x, count, going, brought, to.mixed, false);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const uint8_t* shown = mask + row * source;
                const float* h0 = t ? hidden + (place - 1) * size : start_h + row * size;
                const float* back = to.context ? brought + i * to.mixed : x + i * count;
                mix_backward(back, shown, source, values + row * source * to.mixed, to.mixed,
                             dweights + place * source, change);
                weigh_backward(score, to.asked ? queries + place * to.asked : h0, keys + row * source * to.width, shown,
                               source, weights + place * source, change, asked, dkeys + row * source * to.width,
                               dv + row * to.width);
                if (to.asked) {
                    copy(asked, d + i * joint + count, to.asked);
                    copy(asked, dqueries + place * to.asked, to.asked);
                } else {
                    plus(asked, dh + i * size, size);
                }
                if (to.context) copy(back, dmixed + place * to.mixed, to.mixed);
            }
            products.run(d, joint, going, dh, size, true);
        }
        rows.give(dh, size, dstart_h);
        if (to.kind == LSTM) rows.give(dc, size, dstart_c);
        rows.clear_padding(dx, count);
        if (to.kind == GRU) rows.clear_padding(du, count);
        if (to.asked) rows.clear_padding(dqueries, to.asked);
        if (to.context) rows.clear_padding(dmixed, to.mixed);
    });
}

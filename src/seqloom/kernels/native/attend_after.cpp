// The loop of a decoder that reads after its cell stepped and feeds what it found to the next step (decoders/luong.py),
// forward and backward.
//
//     h_t = cell(x_t + F o_{t-1}, h_{t-1})        q_t = W_q h_t + b_q        a_t = softmax(score(q_t, k_s))
//     m_t = sum_s a_ts v_s                        o_t = tanh(W_h h_t + b_o + C m_t)
//
// C m_t is m_t where the values v = C memory. Threads and products as in attend_before.cpp.

#include "attending.h"

using namespace sl;

// As attend_before_forward; recurrent is U [gates, size], feed is F [gates, size], joint [asked + size, size] holds W_q
// and W_h above each other, joint_bias both biases; context is C [size, mixed] or null; start_o [batch, size].
// -> also out [batch, time, size] and the last o.
SL_API void SL_EXPORT(attend_after_forward)(const int64_t* sizes, const float* gates, const float* values,
                                            const float* keys, const uint8_t* mask, const int64_t* lengths,
                                            const int64_t* order, const float* recurrent, const float* bias,
                                            const float* feed, const float* joint, const float* joint_bias,
                                            const float* v, float factor, const float* context, const float* start_h,
                                            const float* start_c, const float* start_o, float* out, float* hidden,
                                            float* cells, float* weights, float* kept, float* queries, float* last_h,
                                            float* last_c, float* last_o) {
    const Attending& to = *reinterpret_cast<const Attending*>(sizes);
    const int64_t size = to.size, count = to.gates(), wide = to.asked + size, source = to.source;
    const Score score{v, factor, to.width};
    Packed past, fed, ask, bring;
    past.pack(recurrent, count, size, size, 1);
    fed.pack(feed, count, size, size, 1);
    ask.pack(joint, wide, size, size, 1);
    if (to.context) bring.pack(context, size, to.mixed, to.mixed, 1);
    parallel(to.parts(), to.threads, [&](int64_t part) {
        const Rows rows(to, part, order, lengths);
        const int64_t n = rows.count;
        Buffer<float> h(n * size + 1), c(n * size + 1), o(n * size + 1), u(n * count + 1), x(n * count + 1);
        Buffer<float> y(n * wide + 1), mixed(to.context ? n * to.mixed + 1 : 1);
        rows.take(start_h, size, h);
        rows.take(start_o, size, o);
        if (to.kind == LSTM) rows.take(start_c, size, c);
        for (int64_t t = 0; t < rows.longest(); t++) {
            const int64_t going = rows.going(t);
            for (int64_t i = 0; i < going; i++) copy(gates + rows.at(i, t) * count, x + i * count, count);
            fed.run(o, size, going, x, count, true);
            past.run(h, size, going, u, count, false);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t);
                gates_forward(to.kind, size, x + i * count, u + i * count, bias, h + i * size, c + i * size,
                              h + i * size, c + i * size, kept + place * to.kept());
                copy(h + i * size, hidden + place * size, size);
                if (to.kind == LSTM) copy(c + i * size, cells + place * size, size);
            }
            ask.run(h, size, going, y, wide, false);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const uint8_t* shown = mask + row * source;
                plus(joint_bias, y + i * wide, wide);
                const float* query = to.asked ? y + i * wide : h + i * size;
                if (to.asked) copy(query, queries + place * to.asked, to.asked);
                weigh(score, query, keys + row * source * to.width, shown, source, weights + place * source);
                if (to.context) memset(mixed + i * to.mixed, 0, sizeof(float) * to.mixed);
                mix(weights + place * source, shown, source, values + row * source * to.mixed, to.mixed,
                    to.context ? mixed + i * to.mixed : y + i * wide + to.asked);
            }
            if (to.context) bring.run(mixed, to.mixed, going, y + to.asked, wide, true);
            for (int64_t i = 0; i < going; i++) {
                map(y + i * wide + to.asked, o + i * size, size, [](vf value) { return tanh(value); });
                copy(o + i * size, out + rows.at(i, t) * size, size);
            }
        }
        rows.give(h, size, last_h);
        rows.give(o, size, last_o);
        if (to.kind == LSTM) rows.give(c, size, last_c);
        rows.clear_padding(out, size);
        rows.clear_padding(hidden, size);
        rows.clear_padding(weights, source);
    });
}

// The same tensors and the gradients of out and of the last h, c and o
// -> those of gates (dx), U h (du, a GRU's alone), queries, keys (which begin at zero), what was mixed (where there is a
// context), the sum under the last tanh (dunder [batch, time, size]), v by row, and the start.
SL_API void SL_EXPORT(attend_after_backward)(
    const int64_t* sizes, const float* values, const float* keys, const uint8_t* mask, const int64_t* lengths,
    const int64_t* order, const float* recurrent, const float* feed, const float* joint, const float* v, float factor,
    const float* context, const float* start_h, const float* start_c, const float* out, const float* hidden,
    const float* cells, const float* weights, const float* kept, const float* queries, const float* dout,
    const float* dlast_h, const float* dlast_c, const float* dlast_o, float* dx, float* du, float* dqueries,
    float* dkeys, float* dmixed, float* dunder, float* dv, float* dstart_h, float* dstart_c, float* dstart_o) {
    const Attending& to = *reinterpret_cast<const Attending*>(sizes);
    const int64_t size = to.size, count = to.gates(), wide = to.asked + size, source = to.source;
    const Score score{v, factor, to.width};
    Packed past, fed, ask, bring;
    past.pack(recurrent, size, count, 1, size);
    fed.pack(feed, size, count, 1, size);
    ask.pack(joint, size, wide, 1, size);
    if (to.context) bring.pack(context, to.mixed, size, 1, to.mixed);
    parallel(to.parts(), to.threads, [&](int64_t part) {
        const Rows rows(to, part, order, lengths);
        const int64_t n = rows.count;
        Buffer<float> dh(n * size + 1), dc(n * size + 1), d_o(n * size + 1), u(n * count + 1), x(n * count + 1);
        Buffer<float> y(n * wide + 1), brought(to.context ? n * to.mixed + 1 : 1), change(source + 1), asked(to.width);
        rows.take(dlast_h, size, dh);
        rows.take(dlast_o, size, d_o);
        if (to.kind == LSTM) rows.take(dlast_c, size, dc);
        for (int64_t t = rows.longest() - 1; t >= 0; t--) {
            const int64_t going = rows.going(t);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t) * size;
                each(size, [&](int64_t j, auto lane) {
                    const vf o = lane.load(out + place + j);
                    const vf whole = lane.load(d_o + i * size + j) + lane.load(dout + place + j);
                    lane.store(y + i * wide + to.asked + j, whole * (set1(1.0f) - o * o));
                });
                copy(y + i * wide + to.asked, dunder + place, size);
            }
            if (to.context) bring.run(y + to.asked, wide, going, brought, to.mixed, false);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const uint8_t* shown = mask + row * source;
                const float* back = to.context ? brought + i * to.mixed : y + i * wide + to.asked;
                mix_backward(back, shown, source, values + row * source * to.mixed, to.mixed, nullptr, change);
                weigh_backward(score, to.asked ? queries + place * to.asked : hidden + place * size,
                               keys + row * source * to.width, shown, source, weights + place * source, change, asked,
                               dkeys + row * source * to.width, dv + row * to.width);
                if (to.asked) {
                    copy(asked, y + i * wide, to.asked);
                    copy(asked, dqueries + place * to.asked, to.asked);
                } else {
                    plus(asked, dh + i * size, size);
                }
                if (to.context) copy(back, dmixed + place * to.mixed, to.mixed);
            }
            ask.run(y, wide, going, dh, size, true);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const float* h0 = t ? hidden + (place - 1) * size : start_h + row * size;
                const float* c0 = to.kind != LSTM ? nullptr : t ? cells + (place - 1) * size : start_c + row * size;
                const float* c1 = to.kind != LSTM ? nullptr : cells + place * size;
                gates_backward(to.kind, size, kept + place * to.kept(), h0, hidden + place * size, c0, c1, dh + i * size,
                               dc + i * size, x + i * count, u + i * count, dh + i * size);
                copy(x + i * count, dx + place * count, count);
                if (to.kind == GRU) copy(u + i * count, du + place * count, count);
            }
            fed.run(x, count, going, d_o, size, false);
            past.run(to.kind == GRU ? u : x, count, going, dh, size, true);
        }
        rows.give(dh, size, dstart_h);
        rows.give(d_o, size, dstart_o);
        if (to.kind == LSTM) rows.give(dc, size, dstart_c);
        rows.clear_padding(dx, count);
        rows.clear_padding(dunder, size);
        if (to.kind == GRU) rows.clear_padding(du, count);
        if (to.asked) rows.clear_padding(dqueries, to.asked);
        if (to.context) rows.clear_padding(dmixed, to.mixed);
    });
}

// The loop of a decoder that reads after its cells stepped and feeds what it found to the next step
// (decoders/luong.py), forward and backward.
//
//     h_t = cells(x_t + F o_{t-1}, h_{t-1})       q_t = W_q h_t + b_q        a_t = softmax(score(q_t, k_s))
//     m_t = sum_s a_ts v_s                        o_t = tanh(W_h h_t + b_o + C m_t)
//
// h_t is what the top layer gives. C m_t is m_t where the values v = C memory. Threads and products as in
// attend_before.cpp.

#include "layers.h"

using namespace sl;

// As attend_before_forward, but that nothing stands below the recurrent weights: joint [asked + size, size] holds W_q
// and W_h above each other, joint_bias both biases; feed is F [gates, size]; context is C [size, mixed] or null; start_o
// [batch, size].
// -> out holds every o; given [batch, time, size] what the top layer gave; also the last o.
SL_API void SL_EXPORT(attend_after_forward)(const int64_t* sizes, const Layered* layers, const float* gates,
                                            const float* values, const float* keys, const uint8_t* mask,
                                            const int64_t* lengths, const int64_t* order, const float* feed,
                                            const float* joint, const float* joint_bias, const float* v, float factor,
                                            const float* context, const float* start_o, float* out, float* given,
                                            float* weights, float* queries, float* last_h, float* last_c,
                                            float* last_o) {
    const Attending& to = *reinterpret_cast<const Attending*>(sizes);
    const int64_t size = to.size, count = to.gates(), wide = to.asked + size, source = to.source;
    const Score score{v, factor, to.width};
    const PackedLayers packed(to, *layers, 0, false);
    Packed fed, ask, bring;
    fed.pack(feed, count, size, size, 1);
    ask.pack(joint, wide, size, size, 1);
    if (to.context) bring.pack(context, size, to.mixed, to.mixed, 1);
    parallel(to.parts(), to.threads, [&](int64_t part) {
        const Rows rows(to, part, order, lengths);
        Standing now(to, *layers, packed, rows, 0);
        Buffer<float> o(rows.count * size + 1), made(rows.count * wide + 1);
        Buffer<float> mixed(to.context ? rows.count * to.mixed + 1 : 1);
        now.take(layers->start_h, layers->start_c);
        rows.take(start_o, size, o);
        for (int64_t t = 0; t < rows.longest(); t++) {
            const int64_t going = rows.going(t);
            for (int64_t i = 0; i < going; i++) copy(gates + rows.at(i, t) * count, now.x + i * count, count);
            fed.run(o, size, going, now.x, count, true);
            now.multiply_top(going);
            now.climb(t, going);
            ask.run(now.y, size, going, made, wide, false);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const uint8_t* shown = mask + row * source;
                float* under = made + i * wide;  // q, then what will stand under the tanh
                plus(joint_bias, under, wide);
                const float* query = to.asked ? under : now.y + i * size;
                if (to.asked) copy(query, queries + place * to.asked, to.asked);
                copy(now.y + i * size, given + place * size, size);
                weigh(score, query, keys + row * source * to.width, shown, source, weights + place * source);
                if (to.context) memset(mixed + i * to.mixed, 0, sizeof(float) * to.mixed);
                mix(weights + place * source, shown, source, values + row * source * to.mixed, to.mixed,
                    to.context ? mixed + i * to.mixed : under + to.asked);
            }
            if (to.context) bring.run(mixed, to.mixed, going, made + to.asked, wide, true);
            for (int64_t i = 0; i < going; i++) {
                map(made + i * wide + to.asked, o + i * size, size, [](vf value) { return tanh(value); });
                copy(o + i * size, out + rows.at(i, t) * size, size);
            }
        }
        now.give(last_h, last_c);
        rows.give(o, size, last_o);
        rows.clear_padding(out, size);
        rows.clear_padding(given, size);
        rows.clear_padding(weights, source);
        now.clear_padding_of_layers();
    });
}

// The same tensors and the gradients of out and of the last h, c and o
// -> those of the gates' sides (dx, du), queries, keys (which begin at zero), what was mixed (where there is a context),
// the sum under the last tanh (dunder [batch, time, size]), v by row, and the start.
SL_API void SL_EXPORT(attend_after_backward)(
    const int64_t* sizes, const Layered* layers, const float* values, const float* keys, const uint8_t* mask,
    const int64_t* lengths, const int64_t* order, const float* feed, const float* joint, const float* v, float factor,
    const float* context, const float* out, const float* given, const float* weights, const float* queries,
    const float* dout, const float* dlast_h, const float* dlast_c, const float* dlast_o, float* dx, float* du,
    float* dqueries, float* dkeys, float* dmixed, float* dunder, float* dv, float* dstart_h, float* dstart_c,
    float* dstart_o) {
    const Attending& to = *reinterpret_cast<const Attending*>(sizes);
    const int64_t size = to.size, count = to.gates(), wide = to.asked + size, source = to.source;
    const Score score{v, factor, to.width};
    const PackedLayers packed(to, *layers, 0, true);
    Packed fed, ask, bring;
    fed.pack(feed, size, count, 1, size);
    ask.pack(joint, size, wide, 1, size);
    if (to.context) bring.pack(context, to.mixed, size, 1, to.mixed);
    parallel(to.parts(), to.threads, [&](int64_t part) {
        const Rows rows(to, part, order, lengths);
        Standing now(to, *layers, packed, rows, 0);
        Buffer<float> d_o(rows.count * size + 1), made(rows.count * wide + 1);
        Buffer<float> brought(to.context ? rows.count * to.mixed + 1 : 1), change(source + 1), asked(to.width);
        now.take(dlast_h, dlast_c);
        rows.take(dlast_o, size, d_o);
        for (int64_t t = rows.longest() - 1; t >= 0; t--) {
            const int64_t going = rows.going(t);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t) * size;
                float* under = made + i * wide + to.asked;
                each(size, [&](int64_t j, auto lane) {
                    const vf o = lane.load(out + place + j);
                    const vf whole = lane.load(d_o + i * size + j) + lane.load(dout + place + j);
                    lane.store(under + j, whole * (set1(1.0f) - o * o));
                });
                copy(under, dunder + place, size);
            }
            if (to.context) bring.run(made + to.asked, wide, going, brought, to.mixed, false);
            for (int64_t i = 0; i < going; i++) {
                const int64_t place = rows.at(i, t), row = rows.row[i];
                const uint8_t* shown = mask + row * source;
                const float* back = to.context ? brought + i * to.mixed : made + i * wide + to.asked;
                mix_backward(back, shown, source, values + row * source * to.mixed, to.mixed, nullptr, change);
                weigh_backward(score, to.asked ? queries + place * to.asked : given + place * size,
                               keys + row * source * to.width, shown, source, weights + place * source, change, asked,
                               dkeys + row * source * to.width, dv + row * to.width);
                if (to.asked) {
                    copy(asked, made + i * wide, to.asked);
                    copy(asked, dqueries + place * to.asked, to.asked);
                    memset(now.y + i * size, 0, sizeof(float) * size);
                } else {
                    copy(asked, now.y + i * size, size);
                }
                if (to.context) copy(back, dmixed + place * to.mixed, to.mixed);
            }
            ask.run(made, wide, going, now.y, size, true);
            now.descend(t, going, false, dx, du);
            fed.run(now.x, count, going, d_o, size, false);
        }
        now.give(dstart_h, dstart_c);
        rows.give(d_o, size, dstart_o);
        now.clear_padding(dx, count);
        rows.clear_padding(dunder, size);
        if (to.kind == GRU) now.clear_padding(du, count);
        if (to.asked) rows.clear_padding(dqueries, to.asked);
        if (to.context) rows.clear_padding(dmixed, to.mixed);
    });
}

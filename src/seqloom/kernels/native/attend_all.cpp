// All steps of a decoder look and mix at once, where nothing is fed back (decoders/luong.py), forward and backward.
//
//     q_t = W_q h_t + b_q        a_t = softmax(score(q_t, k_s))        m_t = sum_s a_ts v_s
//     o_t = tanh(W_o [m_t; h_t] + b_o)
//
// Each thread takes rows of its own, some at a time: so many that a product has about BLOCK steps, whose numbers stay in
// the cache from the query to o. Backward adds the gradients of the weights up by thread.

#include "attending.h"
#include "outer.h"
#include "pairwise.h"

using namespace sl;

namespace {

constexpr int64_t BLOCK = 192;

// Sizes as Python gives them: `size` of h and o, `width` of keys, `asked` where W_q makes the query and 0 where it is h
// itself, `mixed` of the values.
struct Reading {
    int64_t batch, target, source, size, width, asked, mixed, threads;

    int64_t wide() const { return mixed + size; }
    // Rows of a block, and those of a thread: [first(thread), first(thread + 1)).
    int64_t together() const { return most(1, (BLOCK + target - 1) / target); }
    int64_t first(int64_t thread) const { return batch * thread / threads; }
};

// Call each(first row, rows) for the blocks of a thread.
template <class F>
void blocks(const Reading& to, int64_t thread, const F& each) {
    const int64_t end = to.first(thread + 1);
    for (int64_t row = to.first(thread); row < end; row += to.together()) each(row, least(to.together(), end - row));
}

}  // namespace

// h [batch, target, size], values [batch, source, mixed], keys [batch, source, width], mask [batch, source]; asking
// [asked, size] is W_q, out_weight [size, mixed + size] W_o; v [width] and factor as in Score.
// -> out like h, weights [batch, target, source], queries [batch, target, asked].
SL_API void SL_EXPORT(attend_all_forward)(const int64_t* sizes, const float* h, const float* values, const float* keys,
                                          const uint8_t* mask, const float* asking, const float* asking_bias,
                                          const float* v, float factor, const float* out_weight, const float* out_bias,
                                          float* out, float* weights, float* queries) {
    const Reading& to = *reinterpret_cast<const Reading*>(sizes);
    const int64_t size = to.size, target = to.target, source = to.source;
    const Score score{v, factor, to.width};
    Packed ask, bring, own;
    if (to.asked) ask.pack(asking, to.asked, size, size, 1);
    bring.pack(out_weight, size, to.mixed, to.wide(), 1);
    own.pack(out_weight + to.mixed, size, size, to.wide(), 1);
    parallel(to.threads, to.threads, [&](int64_t thread) {
        Buffer<float> mixed(to.together() * target * to.mixed + 1);
        Looked looked{score};
        blocks(to, thread, [&](int64_t row, int64_t rows) {
            const int64_t begin = row * target, steps = rows * target;
            if (to.asked) ask.run(h + begin * size, size, steps, queries + begin * to.asked, to.asked, false);
            memset(mixed, 0, sizeof(float) * steps * to.mixed);
            for (int64_t i = 0; i < steps; i++) {
                const int64_t place = begin + i, b = place / target;
                const uint8_t* shown = mask + b * source;
                if (i % target == 0) looked.take(keys + b * source * to.width, shown, source);
                if (to.asked) plus(asking_bias, queries + place * to.asked, to.asked);
                looked.weigh(to.asked ? queries + place * to.asked : h + place * size, weights + place * source);
                mix(weights + place * source, shown, source, values + b * source * to.mixed, to.mixed,
                    mixed + i * to.mixed);
            }
            float* o = out + begin * size;
            own.run(h + begin * size, size, steps, o, size, false);
            bring.run(mixed, to.mixed, steps, o, size, true);
            for (int64_t i = 0; i < steps; i++)
                each(size, [&](int64_t j, auto lane) {
                    lane.store(o + i * size + j, tanh(lane.load(o + i * size + j) + lane.load(out_bias + j)));
                });
        });
    });
}

// The same tensors and dout -> the gradients of all of them: dvalues, dkeys, and the sums dasking, dasking_bias, dv,
// dout_weight and dout_bias begin at zero, and each of the sums has room for every thread, one after the other: the
// first is the answer.
SL_API void SL_EXPORT(attend_all_backward)(const int64_t* sizes, const float* h, const float* values, const float* keys,
                                           const uint8_t* mask, const float* asking, const float* v, float factor,
                                           const float* out_weight, const float* out, const float* weights,
                                           const float* queries, const float* dout, float* dh, float* dvalues,
                                           float* dkeys, float* sums) {
    const Reading& to = *reinterpret_cast<const Reading*>(sizes);
    const int64_t size = to.size, target = to.target, source = to.source, wide = to.wide();
    const Score score{v, factor, to.width};
    Packed ask, bring, own;
    if (to.asked) ask.pack(asking, size, to.asked, 1, size);
    bring.pack(out_weight, to.mixed, size, 1, wide);
    own.pack(out_weight + to.mixed, size, size, 1, wide);
    const int64_t floats = size * wide + size + to.asked * (size + 1) + to.width;
    parallel(to.threads, to.threads, [&](int64_t thread) {
        float* to_out = sums + thread * floats;
        float *to_out_bias = to_out + size * wide, *to_asking = to_out_bias + size;
        float *to_asking_bias = to_asking + to.asked * size, *to_v = to_asking_bias + to.asked;
        const int64_t room = to.together() * target, lead = apart(size), lead_asked = apart(to.asked);
        Buffer<float> under(room * lead), asked(room * lead_asked), brought(room * to.mixed + 1);
        Buffer<float> change(source + 1), query(to.width + 1), mixed(to.mixed + size);
        Panels joint, past;
        joint.make(room, wide), past.make(to.asked ? room : 0, size);
        Looked looked{score};
        blocks(to, thread, [&](int64_t row, int64_t rows) {
            const int64_t begin = row * target, steps = rows * target;
            for (int64_t i = 0; i < steps; i++) {
                const int64_t at = (begin + i) * size;
                each(size, [&](int64_t j, auto lane) {
                    const vf o = lane.load(out + at + j);
                    lane.store(under + i * lead + j, lane.load(dout + at + j) * (set1(1.0f) - o * o));
                });
            }
            bring.run(under, lead, steps, brought, to.mixed, false);
            own.run(under, lead, steps, dh + begin * size, size, false);
            for (int64_t i = 0; i < steps; i++) {
                const int64_t place = begin + i, b = place / target;
                const uint8_t* shown = mask + b * source;
                const float *own_weights = weights + place * source, *back = brought + i * to.mixed;
                const float* own_values = values + b * source * to.mixed;
                if (i % target == 0) looked.take(keys + b * source * to.width, shown, source);
                memset(mixed, 0, sizeof(float) * to.mixed);
                mix(own_weights, shown, source, own_values, to.mixed, mixed);
                copy(h + place * size, mixed + to.mixed, size);
                joint.put(i, mixed);
                mix_backward(back, shown, source, own_values, to.mixed, nullptr, change);
                for (int64_t s = 0; s < source; s++)
                    if (shown[s]) add(own_weights[s], back, dvalues + (b * source + s) * to.mixed, to.mixed);
                float* to_query = to.asked ? asked + i * lead_asked : query.data;
                looked.weigh_backward(to.asked ? queries + place * to.asked : h + place * size, own_weights, change,
                                      to_query, dkeys + b * source * to.width, to_v);
                if (to.asked)
                    past.put(i, h + place * size);
                else
                    plus(query, dh + place * size, size);
            }
            if (to.asked) {
                ask.run(asked, lead_asked, steps, dh + begin * size, size, true);
                add_outer(asked, lead_asked, to.asked, past, steps, to_asking);
                add_rows(asked, lead_asked, to.asked, steps, to_asking_bias);
            }
            add_outer(under, lead, size, joint, steps, to_out);
            add_rows(under, lead, size, steps, to_out_bias);
        });
    });
    for (int64_t thread = 1; thread < to.threads; thread++) plus(sums + thread * floats, sums, floats);
}

// The Transformer encoder of encoders/transformer.py (layers/transformer.py, layers/attention.py) over a whole batch,
// for use without gradients.
//
// Steps that hold data are taken together without the padding between them, so that padding costs nothing. They go
// through all that concerns a step alone in blocks of rows; attention goes sentence by sentence and head by head, some
// queries at a time. Both are shared out among threads. Beside x itself five numbers are held for each number of it,
// and for each thread a block.

#include "halves.h"
#include "look.h"
#include "parallel.h"
#include "strips.h"
#include "transformer.h"
#include "turn.h"

namespace {

using namespace sl;

constexpr int64_t BLOCK = 48;  // rows of a block: their numbers stay in the cache, the weights pass by once for each
constexpr int64_t ASKING = 64;  // queries of a block

// What an encoder is, as kernels/encoder.py lists it.
struct Shape {
    int64_t input, size, layers, heads, inner;
    int64_t pre, gelu, rotary, adapts;  // flags; adapts: the input is projected to `size`
    int64_t precision;
};

struct Layer {
    Linear qkv, out, up, down;
    Buffer<float> norms;  // [2, 2, size]: weight and bias of the norm of attention and of the feed-forward part
};

struct Encoder {
    Shape shape;
    float scale;
    Linear adapt;
    Layer* layers;
    Buffer<float> last;  // [2, size]
};

// The steps of a batch that hold data, one after the other.
struct Steps {
    int64_t batch, time, count = 0;
    Buffer<int64_t> place;  // [count], where each lies among batch * time
    Buffer<int64_t> first;  // [batch + 1], where each sentence begins among them

    Steps(const uint8_t* mask, int64_t batch_, int64_t time_) : batch(batch_), time(time_) {
        place.make(batch * time + 1), first.make(batch + 1);
        for (int64_t b = 0; b < batch; b++) {
            first[b] = count;
            for (int64_t t = 0; t < time; t++)
                if (mask[b * time + t]) place[count++] = b * time + t;
        }
        first[batch] = count;
    }
};

inline int64_t padded(int64_t n) { return (n + WIDTH - 1) / WIDTH * WIDTH; }

struct Pass {
    const Encoder& encoder;
    const Shape& shape;
    const Steps& steps;
    const float* input;      // [batch, time, input]
    const float* positions;  // added to each step, [time, size] (null: nothing is); with rotary its cosines and sines
    float* output;           // [batch, time, size]
    Buffer<float> x, asked, mixed;  // [steps, size], [steps, 3 size], [steps, size]

    Pass(const Encoder& encoder_, const Steps& steps_, const float* input_, const float* positions_, float* output_)
        : encoder(encoder_), shape(encoder_.shape), steps(steps_), input(input_), positions(positions_),
          output(output_), x(steps_.count * shape.size), asked(steps_.count * 3 * shape.size),
          mixed(steps_.count * shape.size) {}

    // What stands before the first layer: x = scale adapt(input) + positions
    void enter(int64_t from, int64_t to, Scratch& scratch) {
        const int64_t size = shape.size, rows = to - from, wide = shape.input;
        float* own = x + from * size;
        Buffer<float> given(shape.adapts ? rows * wide : 0);
        for (int64_t r = 0; r < rows; r++)
            memcpy(shape.adapts ? given + r * wide : own + r * size, input + steps.place[from + r] * wide,
                   sizeof(float) * static_cast<size_t>(wide));
        if (shape.adapts) encoder.adapt.run(given, wide, rows, own, size, scratch);
        const vf scale = set1(encoder.scale);
        for (int64_t r = 0; r < rows; r++) {
            float* row = own + r * size;
            map(row, row, size, [scale](vf v) { return v * scale; });
            if (!positions || shape.rotary) continue;
            const float* place = positions + steps.place[from + r] % steps.time * size;
            for (int64_t i = 0; i < size; i++) row[i] += place[i];
        }
    }

    // Queries, each divided by the root of a head's width, keys and values.
    void ask(const Layer& layer, int64_t from, int64_t to, float* room, Scratch& scratch) {
        const int64_t size = shape.size, rows = to - from, width = size / shape.heads;
        const float factor = 1.0f / __builtin_sqrtf(static_cast<float>(width));
        const float* read = x + from * size;
        if (shape.pre) normed_rows(read, layer.norms, rows, size, room), read = room;
        layer.qkv.run(read, size, rows, asked + from * 3 * size, 3 * size, scratch);
        for (int64_t r = from; r < to; r++) {
            float* own = asked + r * 3 * size;
            if (shape.rotary)
                for (int64_t h = 0; h < 2 * shape.heads; h++)
                    turned(own + h * width, width, positions + steps.place[r] % steps.time * width);
            for (int64_t i = 0; i < size; i++) own[i] *= factor;
        }
    }

    // One head over one sentence.
    void attend(int64_t sentence, int64_t head) {
        const int64_t from = steps.first[sentence], count = steps.first[sentence + 1] - from;
        if (!count) return;
        const int64_t size = shape.size, width = size / shape.heads, wide = padded(width), long_ = padded(count);
        const float* own = asked + from * 3 * size + head * width;
        Buffer<float> keys(width * long_), values(count * wide), scores(least(ASKING, count) * long_);
        Buffer<float> found(least(ASKING, count) * wide);
        memset(keys.data, 0, sizeof(float) * static_cast<size_t>(width * long_));
        turn(own + size, 3 * size, count, width, keys, long_);
        for (int64_t t = 0; t < count; t++) {
            copy(own + t * 3 * size + 2 * size, values + t * wide, width);
            for (int64_t i = width; i < wide; i++) values[t * wide + i] = 0;
        }
        for (int64_t start = 0; start < count; start += ASKING) {
            const int64_t rows = least(ASKING, count - start);
            product(own + start * 3 * size, 3 * size, 1, rows, keys, long_, width, scores);
            for (int64_t r = 0; r < rows; r++) softmax(scores + r * long_, count);
            product(scores, long_, 1, rows, values, wide, count, found);
            for (int64_t r = 0; r < rows; r++)
                copy(found + r * wide, mixed + (from + start + r) * size + head * width, width);
        }
    }

    // What follows on attention within a layer.
    void go_on(const Layer& layer, int64_t from, int64_t to, float* room, float* inner, Scratch& scratch) {
        const int64_t size = shape.size, rows = to - from;
        float* own = x + from * size;
        layer.out.run(mixed + from * size, size, rows, room, size, scratch);
        add(own, room, layer.norms, rows);
        const float* read = own;
        if (shape.pre) normed_rows(own, layer.norms + 2 * size, rows, size, room), read = room;
        fed_forward(layer.up, layer.down, shape.gelu, read, rows, inner, room, scratch);
        add(own, room, layer.norms + 2 * size, rows);
    }

    // x += y; its norm where norms come after.
    void add(float* own, const float* y, const float* norm, int64_t rows) const {
        for (int64_t i = 0; i < rows * shape.size; i++) own[i] += y[i];
        if (!shape.pre) normed_rows(own, norm, rows, shape.size, own);
    }

    void leave(int64_t from, int64_t to) {
        const int64_t size = shape.size;
        for (int64_t r = from; r < to; r++) {
            float* row = output + steps.place[r] * size;
            shape.pre ? normed(x + r * size, encoder.last, size, row) : copy(x + r * size, row, size);
        }
    }

    // All that lies between two attentions, for a block of rows; `done` layers have attended.
    void between(int64_t done, int64_t from, int64_t to) {
        Scratch scratch;
        Buffer<float> room((to - from) * shape.size), inner(done ? (to - from) * shape.inner : 0);
        if (done)
            go_on(encoder.layers[done - 1], from, to, room, inner, scratch);
        else
            enter(from, to, scratch);
        if (done < shape.layers)
            ask(encoder.layers[done], from, to, room, scratch);
        else
            leave(from, to);
    }
};

}  // namespace

// Pack an encoder. `weights` are pointers, a weight and its bias (null: none) after each other: of the adapting layer
// (if there is one), of each layer query, key, value, out, norm, up, down, norm; then the last norm (if norms come before).
SL_API void* SL_EXPORT(encoder_new)(const void* shape_, float scale, const void* weights) {
    Encoder* made = new Encoder;
    const Shape shape = made->shape = *static_cast<const Shape*>(shape_);
    made->scale = scale;
    made->layers = new Layer[static_cast<size_t>(shape.layers)];
    Weights rest{static_cast<const float* const*>(weights), static_cast<Precision>(shape.precision)};
    const int64_t size = shape.size;
    if (shape.adapts) rest.linear(made->adapt, size, shape.input);
    for (int64_t number = 0; number < shape.layers; number++) {
        Layer& layer = made->layers[number];
        layer.norms.make(4 * size);
        rest.linear(layer.qkv, size, size, 3);
        rest.linear(layer.out, size, size);
        rest.norm(layer.norms, size);
        rest.linear(layer.up, shape.inner, size);
        rest.linear(layer.down, size, shape.inner);
        rest.norm(layer.norms + 2 * size, size);
    }
    made->last.make(2 * size);
    if (shape.pre) rest.norm(made->last, size);
    return made;
}

// output [batch, time, size] of input [batch, time, input], both without gaps, under mask [batch, time] bytes; zeros on
// padding. `positions` as Pass has them.
SL_API void SL_EXPORT(encoder_run)(const void* self, const float* input, const uint8_t* mask, const float* positions,
                                   int64_t batch, int64_t time, float* output, int64_t threads) {
    const Encoder& encoder = *static_cast<const Encoder*>(self);
    const Shape& shape = encoder.shape;
    const Steps steps(mask, batch, time);
    for (int64_t place = 0; place < batch * time; place++)
        if (!mask[place]) memset(output + place * shape.size, 0, sizeof(float) * static_cast<size_t>(shape.size));
    if (!steps.count) return;
    Pass pass(encoder, steps, input, positions, output);
    // As many blocks for each thread, all of nearly one height.
    const int64_t most_rows = threads * BLOCK, blocks = (steps.count + most_rows - 1) / most_rows * threads;
    for (int64_t done = 0; done <= shape.layers; done++) {
        parallel(blocks, threads, [&](int64_t part) {
            const int64_t from = steps.count * part / blocks, to = steps.count * (part + 1) / blocks;
            if (from < to) pass.between(done, from, to);
        });
        if (done < shape.layers)
            parallel(batch * shape.heads, threads,
                     [&](int64_t part) { pass.attend(part / shape.heads, part % shape.heads); });
    }
}

SL_API void SL_EXPORT(encoder_free)(void* self) {
    Encoder* encoder = static_cast<Encoder*>(self);
    delete[] encoder->layers;
    delete encoder;
}

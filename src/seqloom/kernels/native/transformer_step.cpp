// One step of the Transformer decoder of decoders/transformer.py (layers/transformer.py, layers/attention.py,
// bridges/multihead.py, scaled_dot.py, dot.py, general.py), for the hypotheses of a search or for whoever writes.
//
// The keys and values of a step are written once, in the row of the hypothesis that computed them. A hypothesis that
// goes on from another takes over where its past stands, not the past itself.

#include "look.h"
#include "step.h"
#include "transformer.h"

namespace {

using namespace sl;

// What a decoder is, as kernels/transformer.py lists it.
struct Shape {
    int64_t size, layers, heads, inner, vocabulary;
    int64_t pre, gelu, rotary;                  // flags
    int64_t reads, asks;                        // flags: a source is read; the query to it is projected
    int64_t read_heads, key_size, value_size;   // of a reader, all its heads together
    int64_t adapted;                            // width that the last hidden vector is projected to; 0: it is not
    int64_t precision;
};

struct Layer {
    Linear qkv, out, ask, give, up, down;  // of self-attention, of the reader, of the feed-forward part
    Buffer<float> norms;                   // [3, 2, size]: weight and bias after (before) each of these
};

struct Decoder {
    Step step;
    Shape shape;
    float scale, read_factor;
    const float* table;  // [vocabulary, size], the caller's: what each token is at the bottom, before `scale`
    Layer* layers;
    Buffer<float> last;  // [2, size]
    Linear adapt, logits;
};

// What was read, for all threads. `positions` is added to a token, [steps, size] (null: nothing is), or with rotary
// turns queries and keys: the cosines and then the sines of each step, [steps, size of a head].
struct Memory {
    const float* positions;
    int64_t source;
    const int64_t* count;         // [sentences], how many places of the source may be seen
    const int64_t* seen;          // [sentences, source], which these are
    const float* const* keys;     // of each layer, [sentences, source, key_size], places key_step apart
    const float* const* values;   // of each layer, [sentences, source, value_size], places value_step apart
    int64_t key_step, value_step;
};

class Session {
   public:
    Session(const Decoder& decoder_, const Memory* memory_, int64_t rows, int64_t steps_, Team* team)
        : decoder(decoder_), shape(decoder_.shape), memory(*memory_), steps(steps_) {
        const int64_t width = most(most(shape.size, shape.inner), most(shape.key_size, shape.value_size));
        const int64_t seen = most(steps, memory.source);
        x.make(rows * shape.size), y.make(rows * shape.size), asked.make(rows * most(3 * shape.size, width));
        mixed.make(rows * most(width, shape.adapted)), weights.make(seen), keys.make(seen), values.make(seen);
        past.make(rows * steps), before.make(rows * steps);
        caches = new Buffer<float>[static_cast<size_t>(steps)];
        widths.make(steps);
        scratch.team = team;
    }
    ~Session() { delete[] caches; }

    void advance(int64_t rows, const int64_t* token, const int64_t* parent, const int64_t* owner, float* logits) {
        const int64_t size = shape.size;
        remember(rows, parent);
        for (int64_t r = 0; r < rows; r++) {
            const float* at = decoder.table + token[r] * size;
            const float* place = shape.rotary ? nullptr : memory.positions;
            for (int64_t i = 0; i < size; i++)
                x[r * size + i] = at[i] * decoder.scale + (place ? place[time * size + i] : 0.0f);
        }
        for (int64_t number = 0; number < shape.layers; number++) {
            const Layer& layer = decoder.layers[number];
            attend(layer, number, rows, rest(rows, layer.norms));
            add(rows, layer.norms);
            if (shape.reads) {
                read(layer, number, rows, owner, rest(rows, layer.norms + 2 * size));
                add(rows, layer.norms + 2 * size);
            }
            feed(layer, rows, rest(rows, layer.norms + 4 * size));
            add(rows, layer.norms + 4 * size);
        }
        const float* top = x;
        if (shape.pre) top = norm_all(rows, decoder.last, y);
        if (shape.adapted) {
            decoder.adapt.run(top, size, rows, mixed, shape.adapted, scratch);
            top = mixed;
        }
        decoder.logits.run(top, shape.adapted ? shape.adapted : size, rows, logits, shape.vocabulary, scratch);
        time++;
    }

   private:
    const Decoder& decoder;
    const Shape shape;
    const Memory memory;
    const int64_t steps;
    int64_t time = 0;
    Scratch scratch;
    Buffer<float> x, y, asked, mixed, weights;
    Buffer<const float*> keys, values;
    Buffer<float>* caches;            // of each step, [layers, rows of that step, 2, size]: keys and values
    Buffer<int64_t> widths;           // [steps], rows of each
    Buffer<int32_t> past, before;     // [rows, steps]: in which row of each step a hypothesis stood

    // Take over the past of each row's parent, and make room for this step.
    void remember(int64_t rows, const int64_t* parent) {
        for (int64_t r = 0; r < rows; r++) {
            int32_t* own = before + r * steps;
            if (time) memcpy(own, past + parent[r] * steps, sizeof(int32_t) * static_cast<size_t>(time));
            own[time] = static_cast<int32_t>(r);
        }
        int32_t* old = past.data;
        past.data = before.data, before.data = old;
        caches[time].make(shape.layers * rows * 2 * shape.size);
        widths[time] = rows;
    }

    // What a part reads: x, or its norm where norms come before.
    const float* rest(int64_t rows, const float* norm) { return shape.pre ? norm_all(rows, norm, y) : x.data; }

    const float* norm_all(int64_t rows, const float* norm, float* out) {
        normed_rows(x, norm, rows, shape.size, out);
        return out;
    }

    // x += what a part gave, y; its norm where norms come after.
    void add(int64_t rows, const float* norm) {
        for (int64_t i = 0; i < rows * shape.size; i++) x[i] += y[i];
        if (!shape.pre) norm_all(rows, norm, x);
    }

    void attend(const Layer& layer, int64_t number, int64_t rows, const float* from) {
        const int64_t size = shape.size, width = size / shape.heads;
        const float factor = 1.0f / __builtin_sqrtf(static_cast<float>(width));
        layer.qkv.run(from, size, rows, asked, 3 * size, scratch);
        for (int64_t r = 0; r < rows; r++) {
            float* own = asked + r * 3 * size;
            if (shape.rotary)
                for (int64_t h = 0; h < 2 * shape.heads; h++)
                    turned(own + h * width, width, memory.positions + time * width);
            memcpy(caches[time] + (number * rows + r) * 2 * size, own + size, sizeof(float) * size_t(2 * size));
        }
        for (int64_t r = 0; r < rows; r++) {
            const int32_t* where = past + r * steps;
            for (int64_t t = 0; t <= time; t++) {
                keys[t] = caches[t] + (number * widths[t] + where[t]) * 2 * size;
                values[t] = keys[t] + size;
            }
            for (int64_t at = 0; at < size; at += width)
                look(asked + r * 3 * size + at, width, keys, values, width, time + 1, factor, weights,
                     mixed + r * size + at, at, at);
        }
        layer.out.run(mixed, size, rows, y, size, scratch);
    }

    void read(const Layer& layer, int64_t number, int64_t rows, const int64_t* owner, const float* from) {
        const int64_t key_size = shape.key_size, value_size = shape.value_size;
        const int64_t key_width = key_size / shape.read_heads, value_width = value_size / shape.read_heads;
        if (shape.asks) {
            layer.ask.run(from, shape.size, rows, asked, key_size, scratch);
            from = asked;
        }
        for (int64_t r = 0; r < rows; r++) {
            const int64_t sentence = owner[r], count = memory.count[sentence];
            const int64_t* seen = memory.seen + sentence * memory.source;
            if (!r || sentence != owner[r - 1])
                for (int64_t s = 0; s < count; s++) {
                    const int64_t place = sentence * memory.source + seen[s];
                    keys[s] = memory.keys[number] + place * memory.key_step;
                    values[s] = memory.values[number] + place * memory.value_step;
                }
            for (int64_t h = 0; h < shape.read_heads; h++)
                look(from + r * key_size + h * key_width, key_width, keys, values, value_width, count,
                     decoder.read_factor, weights, mixed + r * value_size + h * value_width, h * key_width,
                     h * value_width);
        }
        layer.give.run(mixed, value_size, rows, y, shape.size, scratch);
    }

    void feed(const Layer& layer, int64_t rows, const float* from) {
        fed_forward(layer.up, layer.down, shape.gelu, from, rows, asked, y, scratch);
    }
};

void* open(const void* self, const void* memory, int64_t rows, int64_t steps, Team* team) {
    return new Session(*static_cast<const Decoder*>(self), static_cast<const Memory*>(memory), rows, steps, team);
}

void advance(void* session, int64_t rows, const int64_t* token, const int64_t* parent, const int64_t* owner,
             float* logits) {
    static_cast<Session*>(session)->advance(rows, token, parent, owner, logits);
}

void close(void* session) { delete static_cast<Session*>(session); }

void give_back(Step* step) {
    Decoder* decoder = static_cast<Decoder*>(const_cast<void*>(step->self));
    delete[] decoder->layers;
    delete decoder;
}

}  // namespace

// Pack a decoder. `weights` are pointers, a weight and its bias (null: none) after each other: of each layer query, key,
// value, out, norm, and where a source is read ask (if it asks), give, norm, and up, down, norm; then the last norm (if
// norms come before), the adapting layer (if there is one), the logits. `table` [vocabulary, size] must outlive the Step.
SL_API void* SL_EXPORT(transformer_new)(const void* shape_, const float* table, float scale, float read_factor,
                                        const void* weights) {
    const Shape shape = *static_cast<const Shape*>(shape_);
    Decoder* made = new Decoder;
    made->step = {made, shape.vocabulary, 0, open, advance, close, give_back};
    made->shape = shape, made->table = table, made->scale = scale, made->read_factor = read_factor;
    made->layers = new Layer[static_cast<size_t>(shape.layers)];
    Weights rest{static_cast<const float* const*>(weights), static_cast<Precision>(shape.precision)};
    const int64_t size = shape.size;
    for (int64_t number = 0; number < shape.layers; number++) {
        Layer& layer = made->layers[number];
        rest.linear(layer.qkv, size, size, 3);
        layer.norms.make(6 * size);
        rest.linear(layer.out, size, size);
        rest.norm(layer.norms, size);
        if (shape.reads) {
            if (shape.asks) rest.linear(layer.ask, shape.key_size, size);
            rest.linear(layer.give, size, shape.value_size);
            rest.norm(layer.norms + 2 * size, size);
        }
        rest.linear(layer.up, shape.inner, size);
        rest.linear(layer.down, size, shape.inner);
        rest.norm(layer.norms + 4 * size, size);
    }
    made->last.make(2 * size);
    if (shape.pre) rest.norm(made->last, size);
    if (shape.adapted) rest.linear(made->adapt, shape.adapted, size);
    rest.linear(made->logits, shape.vocabulary, shape.adapted ? shape.adapted : size);
    made->step.bytes = rest.bytes;
    return &made->step;
}

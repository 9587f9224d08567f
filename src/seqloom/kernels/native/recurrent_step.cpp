// One step of a recurrent decoder (decoders/recurrent.py with the wirings bahdanau.py, luong.py and gnmt.py, and the
// scores of bridges/) for the hypotheses of a search or for whoever writes. Language models are those that read nothing.
//
// Where the vocabulary is small, what the bottom layer's gates get of each token is worked out once and for all, so that
// a step looks it up and never multiplies by the weights of the embedding.

#include "cell_math.h"
#include "linear.h"
#include "look.h"
#include "step.h"

namespace {

using namespace sl;

enum Wiring : int64_t { NONE, BAHDANAU, LUONG, GNMT };
enum Reads : int64_t { NOTHING, GIVEN, ADDITIVE, PRODUCTS };  // GIVEN: one vector a sentence, whatever is asked

// What a decoder is, as kernels/recurrent_step.py lists it.
struct Shape {
    int64_t type, size, layers, residual_from;  // of the stack; layers from residual_from on (0 is the bottom) add
    int64_t vocabulary, width, tables;          // of the embedding; tables: 1 where all tokens share one vector
    int64_t wiring, feeds;                      // feeds: what was found goes to the next step
    int64_t reads, asks, heads, key_size, value_size, context;  // asks: the query is projected; value_size of all heads
    int64_t gives;                              // what was mixed is projected to the context
    int64_t adapted;                            // width that the last hidden vector is projected to; 0: it is not
    int64_t folded;                             // what gates get of each token is worked out beforehand
    int64_t precision;

    int64_t parts() const { return type == LSTM_CELL ? 2 : 1; }
    int64_t gates() const { return gates_in(type) * size; }
    bool before() const { return wiring == BAHDANAU || wiring == GNMT; }
    int64_t fed() const { return wiring == LUONG && feeds ? size : 0; }
    // What the bottom layer reads beside the embedding, and a layer beside the outputs of the one below.
    int64_t beside() const { return before() ? context : fed(); }
    int64_t aside() const { return wiring == GNMT ? context : 0; }
    int64_t input(int64_t layer) const { return layer ? size + aside() : width + beside(); }
    int64_t out_input() const { return wiring == BAHDANAU ? size + width + context : wiring == LUONG ? context + size : 0; }
    // A row of State: h (and c) of each layer, and what was fed.
    int64_t state() const { return layers * parts() * size + fed(); }
    int64_t place(int64_t layer) const { return layer * parts() * size; }
};

struct Layer {
    Linear of_x, of_h, of_waiting;  // of_waiting: the candidate's product, of cells that wait for a gate
};

struct Decoder {
    Step step;
    Shape shape;
    float factor;            // of the products of queries and keys
    const float* table;      // [vocabulary, width] (or [1, width]), the caller's
    Buffer<float> folded;    // [vocabulary, gates]
    Buffer<float> score;     // [key_size], of the additive score
    Layer* layers;
    Linear ask, give, out, adapt, logits;
};

// What was read, for all threads.
struct Memory {
    const float* start;    // [starts, state]
    int64_t starts;        // one of each sentence, or one for all
    int64_t source;
    const int64_t* count;  // [sentences], how many places of the source may be seen
    const int64_t* seen;   // [sentences, source], which these are
    const float* keys;     // [sentences, source, key_size]
    const float* values;   // [sentences, source, value_size]; of what is given [sentences, context]
};

inline void copy(const float* from, float* to, int64_t n) { memcpy(to, from, sizeof(float) * static_cast<size_t>(n)); }

// weights [count] = v . tanh(query + key)
inline void score_additive(const float* v, const float* query, const float* const* keys, int64_t count, int64_t size,
                           float* weights) {
    for (int64_t s = 0; s < count; s++) {
        vf total = zero();
        each(size, [&](int64_t j, auto lane) {
            total = fma(lane.load(v + j), tanh(lane.load(query + j) + lane.load(keys[s] + j)), total);
        });
        weights[s] = sum(total);
    }
}

class Session {
   public:
    Session(const Decoder& decoder_, const Memory* memory_, int64_t rows, Team* team)
        : decoder(decoder_), shape(decoder_.shape), memory(*memory_) {
        const int64_t size = shape.size, widest = most(shape.input(0), most(shape.input(1), shape.out_input()));
        now.make(rows * shape.state()), past.make(rows * shape.state());
        read.make(rows * most(widest, shape.adapted)), context.make(rows * most(1, shape.context));
        mixed.make(rows * most(1, shape.value_size)), asked.make(rows * most(1, shape.key_size));
        of_x.make(rows * shape.gates()), of_h.make(rows * shape.gates()), waiting.make(rows * 2 * size);
        hidden.make(rows * size), weights.make(most(1, memory.source));
        keys.make(most(1, memory.source)), values.make(most(1, memory.source));
        scratch.team = team;
    }

    void advance(int64_t rows, const int64_t* token, const int64_t* parent, const int64_t* owner, float* logits) {
        const int64_t size = shape.size, state = shape.state();
        for (int64_t r = 0; r < rows; r++)
            copy(begun ? now + parent[r] * state : memory.start + (memory.starts == 1 ? 0 : owner[r]) * state, past + r * state, state);
        begun = true;
        float* old = now.data;
        now.data = past.data, past.data = old;  // both have the same room
        if (shape.wiring == BAHDANAU) look_up(rows, owner, now + shape.place(shape.layers - 1), state);
        if (shape.wiring == GNMT) look_up(rows, owner, now + shape.place(0), state);
        for (int64_t layer = 0; layer < shape.layers; layer++) step_layer(layer, rows, token);
        if (shape.wiring == LUONG) look_up(rows, owner, hidden, size);
        if (shape.wiring == BAHDANAU || shape.wiring == LUONG) mix_out(rows, token);
        if (shape.fed())
            for (int64_t r = 0; r < rows; r++) copy(hidden + r * size, now + r * state + state - size, size);
        const float* top = hidden;
        if (shape.adapted) {
            decoder.adapt.run(top, size, rows, read, shape.adapted, scratch);
            top = read;
        }
        decoder.logits.run(top, shape.adapted ? shape.adapted : size, rows, logits, shape.vocabulary, scratch);
    }

   private:
    const Decoder& decoder;
    const Shape shape;
    const Memory memory;
    bool begun = false;
    Scratch scratch;
    Buffer<float> now, past, read, context, mixed, asked, of_x, of_h, waiting, hidden, weights;
    Buffer<const float*> keys, values;

    const float* vector_of(int64_t token) const { return decoder.table + (shape.tables ? 0 : token * shape.width); }

    // One layer: what it reads, its gates, its State, and its outputs into `hidden`.
    void step_layer(int64_t layer, int64_t rows, const int64_t* token) {
        const int64_t size = shape.size, gates = shape.gates(), state = shape.state(), place = shape.place(layer);
        const Layer& own = decoder.layers[layer];
        const int64_t input = own.of_x.k;
        const bool folded = !layer && shape.folded;
        for (int64_t r = 0; r < rows; r++) {
            float* x = read + r * input;
            if (layer) {
                copy(hidden + r * size, x, size);
                if (shape.aside()) copy(context + r * shape.context, x + size, shape.context);
            } else {
                if (!folded) copy(vector_of(token[r]), x, shape.width), x += shape.width;
                if (shape.before()) copy(context + r * shape.context, x, shape.context);
                if (shape.fed()) copy(now + r * state + state - size, x, size);
            }
        }
        if (input) own.of_x.run(read, input, rows, of_x, gates, scratch);
        if (reads_past(shape.type)) own.of_h.run(now + place, state, rows, of_h, gates, scratch);
        const bool residual = layer >= shape.residual_from && (layer ? true : shape.input(0) == size);
        for (int64_t r = 0; r < rows; r++) {
            float *x = of_x + r * gates, *h = of_h + r * gates;
            const float* given = folded ? decoder.folded + token[r] * gates : nullptr;
            if (given && input) each(gates, [&](int64_t j, auto lane) { lane.store(x + j, lane.load(x + j) + lane.load(given + j)); });
            const float* whole = given && !input ? given : x;
            switch (shape.type) {
#define SL_TYPE(T)                                                                                      \
    case T:                                                                                             \
        next<T>(own, whole, h, now + r * state + place, hidden + r * size, residual ? read + r * input : nullptr, r); \
        break;
                SL_TYPE(RNN_TANH) SL_TYPE(RNN_RELU) SL_TYPE(LSTM_CELL) SL_TYPE(GRU_CELL) SL_TYPE(MINGRU)
                SL_TYPE(MINGRU_POSITIVE) SL_TYPE(MINLSTM) SL_TYPE(MINLSTM_POSITIVE) SL_TYPE(GRU_BEFORE) SL_TYPE(MGU)
#undef SL_TYPE
            }
        }
    }

    // The State of one row, h [size] and then c, and its output y = h' (+ `below`).
    template <CellType T>
    void next(const Layer& layer, const float* x, const float* u, float* h, float* y, const float* below, int64_t r) {
        constexpr int64_t gates = gates_in(T), first = waits(T) ? gates - 1 : gates;  // those of h that are ready
        const int64_t size = shape.size;
        float* let = waiting + r * 2 * size;
        const auto sums = [&](int64_t j, auto lane, vf* all) {
            for (int64_t g = 0; g < gates; g++) {
                all[g] = lane.load(x + g * size + j);
                if (reads_past(T) && g < first && !(T == GRU_CELL && g == 2)) all[g] = all[g] + lane.load(u + g * size + j);
            }
        };
        if (waits(T)) {
            each(size, [&](int64_t j, auto lane) {
                vf all[gates];
                sums(j, lane, all);
                lane.store(let + j, let_through<T>(all, lane.load(h + j)));
            });
            layer.of_waiting.run(let, size, 1, let + size, size, scratch);
        }
        each(size, [&](int64_t j, auto lane) {
            vf all[gates];
            sums(j, lane, all);
            const vf past_ = waits(T) ? lane.load(let + size + j) : T == GRU_CELL ? lane.load(u + 2 * size + j) : zero();
            vf c = T == LSTM_CELL ? lane.load(h + size + j) : zero();
            const vf after = next_h<T>(all, past_, lane.load(h + j), c);
            if (T == LSTM_CELL) lane.store(h + size + j, c);
            lane.store(h + j, after);
            lane.store(y + j, below ? after + lane.load(below + j) : after);
        });
    }

    // context [rows, context] of queries that stand `apart` floats from each other.
    void look_up(int64_t rows, const int64_t* owner, const float* query, int64_t apart) {
        const int64_t width = shape.context;
        if (shape.reads == GIVEN) {
            for (int64_t r = 0; r < rows; r++) copy(memory.values + owner[r] * width, context + r * width, width);
            return;
        }
        if (shape.asks) {
            decoder.ask.run(query, apart, rows, asked, shape.key_size, scratch);
            query = asked, apart = shape.key_size;
        }
        const int64_t key_width = shape.key_size / shape.heads, value_width = shape.value_size / shape.heads;
        float* found = shape.gives ? mixed : context;
        for (int64_t r = 0; r < rows; r++) {
            const int64_t sentence = owner[r], count = memory.count[sentence];
            for (int64_t head = 0; head < shape.heads; head++) {
                for (int64_t s = 0; s < count; s++) {
                    const int64_t place = sentence * memory.source + memory.seen[sentence * memory.source + s];
                    keys[s] = memory.keys + place * shape.key_size + head * key_width;
                    values[s] = memory.values + place * shape.value_size + head * value_width;
                }
                const float* q = query + r * apart + head * key_width;
                float* out = found + r * shape.value_size + head * value_width;
                if (shape.reads == ADDITIVE) {
                    score_additive(decoder.score, q, keys, count, key_width, weights);
                    look_by(weights, values, value_width, count, out);
                } else {
                    look(q, key_width, keys, values, value_width, count, decoder.factor, weights, out);
                }
            }
        }
        if (shape.gives) decoder.give.run(mixed, shape.value_size, rows, context, width, scratch);
    }

    // hidden = tanh(W [h; x; c]) (bahdanau) or tanh(W [c; h]) (luong)
    void mix_out(int64_t rows, const int64_t* token) {
        const int64_t size = shape.size, input = shape.out_input();
        for (int64_t r = 0; r < rows; r++) {
            float* x = read + r * input;
            if (shape.wiring == BAHDANAU) {
                copy(hidden + r * size, x, size), x += size;
                copy(vector_of(token[r]), x, shape.width), x += shape.width;
                copy(context + r * shape.context, x, shape.context);
            } else {
                copy(context + r * shape.context, x, shape.context);
                copy(hidden + r * size, x + shape.context, size);
            }
        }
        decoder.out.run(read, input, rows, hidden, size, scratch);
        map(hidden, hidden, rows * size, [](vf v) { return tanh(v); });
    }
};

void* open(const void* self, const void* memory, int64_t rows, int64_t, Team* team) {
    return new Session(*static_cast<const Decoder*>(self), static_cast<const Memory*>(memory), rows, team);
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

// Pack a decoder. `weights` are pointers, a weight and its bias (null: none) after each other: of each layer those of x
// [gates * size, input], of h [gates of h * size, size] and of what waits [size, size] (where the cell has them); of the
// folded layer the weights of x are [gates * size, beside], and `folded` [vocabulary, gates * size] is given; then ask,
// give, out, adapt, where there are such; the logits. `score` is the v of the additive score. `table` must outlive the
// Step.
SL_API void* SL_EXPORT(recurrent_new)(const void* shape_, const float* table, const float* folded, const float* score,
                                      float factor, const void* weights) {
    const Shape shape = *static_cast<const Shape*>(shape_);
    const float* const* next = static_cast<const float* const*>(weights);
    const Precision precision = static_cast<Precision>(shape.precision);
    Decoder* made = new Decoder;
    made->step = {made, shape.vocabulary, 0, open, advance, close, give_back};
    made->shape = shape, made->table = table, made->factor = factor;
    const auto take = [&](Linear& layer, int64_t n, int64_t k) {
        layer.make(precision, n, k);
        if (k) layer.put(0, next[0], next[1], n);
        made->step.bytes += layer.size();
        next += 2;
    };
    if (folded) {
        made->folded.make(shape.vocabulary * shape.gates());
        copy(folded, made->folded, shape.vocabulary * shape.gates());
    }
    if (score) made->score.make(shape.key_size), copy(score, made->score, shape.key_size);
    made->layers = new Layer[static_cast<size_t>(shape.layers)];
    const int64_t ready = shape.gates() - (waits(shape.type) ? shape.size : 0);
    for (int64_t layer = 0; layer < shape.layers; layer++) {
        Layer& own = made->layers[layer];
        take(own.of_x, shape.gates(), layer || !shape.folded ? shape.input(layer) : shape.beside());
        if (reads_past(shape.type)) take(own.of_h, ready, shape.size);
        if (waits(shape.type)) take(own.of_waiting, shape.size, shape.size);
    }
    if (shape.asks) take(made->ask, shape.key_size, shape.size);
    if (shape.gives) take(made->give, shape.context, shape.value_size);
    if (shape.out_input()) take(made->out, shape.size, shape.out_input());
    if (shape.adapted) take(made->adapt, shape.adapted, shape.size);
    take(made->logits, shape.vocabulary, shape.adapted ? shape.adapted : shape.size);
    return &made->step;
}

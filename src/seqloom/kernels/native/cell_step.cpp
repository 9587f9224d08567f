// One step of a recurrent cell, for whoever has a step at a time: streaming, generation, a search.
//
// A step reads every weight once, so that its time is that of reading them. They are packed into one stream: for each
// block of units the biases, then for every input all gates of these units side by side, then the same for h. When a
// block's sums are done its gates are still in registers, and h' is written from there. Blocks are shared out among
// a team and need nothing of each other, for h' lies elsewhere than h.

#include "cell_math.h"
#include "team.h"

namespace {

using namespace sl;

// Gates: of x, and whether h takes part in them. WIDE vectors of units stand in a block, enough for eight sums at once.
template <int GATES_, int WIDE_, bool READS_H_>
struct Shape {
    static constexpr int GATES = GATES_, WIDE = WIDE_, SUMS = GATES_ * WIDE_;
    static constexpr bool READS_H = READS_H_;
};
typedef Shape<1, 4, true> OfRNN;
typedef Shape<4, 1, true> OfLSTM;
typedef Shape<3, 1, true> OfGRU;  // and the candidate's share of h, which r multiplies: a fourth sum
typedef Shape<2, 2, false> OfMinGRU;
typedef Shape<3, 1, false> OfMinLSTM;

// What is packed, at the head of the packed weights: its kind and sizes, and the weights it was packed from.
struct Head {
    int64_t kind, input, size;
    const float *w, *u, *b, *c;
    int64_t unused;
};
static_assert(sizeof(Head) == 64, "the weights behind it stand on a cache line");

template <class S>
constexpr int biases() {
    return S::SUMS + (S::GATES == 3 && S::READS_H ? 1 : 0);
}

template <class S>
int64_t floats_of_block(int64_t input, int64_t size) {
    return WIDTH * (biases<S>() + S::SUMS * (input + (S::READS_H ? size : 0)));
}

template <class S>
int64_t blocks_of(int64_t size) {
    return (size + S::WIDE * WIDTH - 1) / (S::WIDE * WIDTH);
}

struct Step {
    const float *x, *h, *c;  // a row of x every x_row floats, of h and c every `state_row`
    float *h_next, *c_next;  // a row every `size` floats
    int64_t x_row, state_row, rows;
};

// sums += for each of `count` inputs, weights times the input of each of R rows.
template <int V, int R>
inline void add_products(vf (&sums)[R][V], const float* weights, const float* x, int64_t x_row, int64_t count) {
    int64_t k = 0;
    if (R == 1) {  // one row gives too few sums to keep the adders busy: odd and even inputs apart
        vf odd[V];
        for (int v = 0; v < V; v++) odd[v] = zero();
        for (; k + 2 <= count; k += 2, weights += 2 * V * WIDTH) {
            const vf one = set1(x[k]), two = set1(x[k + 1]);
            for (int v = 0; v < V; v++) sums[0][v] = fma(one, load(weights + v * WIDTH), sums[0][v]);
            for (int v = 0; v < V; v++) odd[v] = fma(two, load(weights + (V + v) * WIDTH), odd[v]);
        }
        for (int v = 0; v < V; v++) sums[0][v] = sums[0][v] + odd[v];
    }
    for (; k < count; k++, weights += V * WIDTH) {
        vf column[V];
        for (int v = 0; v < V; v++) column[v] = load(weights + v * WIDTH);
        for (int r = 0; r < R; r++) {
            const vf one = set1(x[r * x_row + k]);
            for (int v = 0; v < V; v++) sums[r][v] = fma(one, column[v], sums[r][v]);
        }
    }
}

inline vf load_some(const float* p, int64_t n) { return n >= WIDTH ? load(p) : load_part(p, n); }
inline void store_some(float* p, vf x, int64_t n) { n >= WIDTH ? store(p, x) : store_part(p, x, n); }

// R rows of one block, from row `first` on; its units begin at `unit`, `left` of them are there.
template <CellType K, class S, int R>
void advance(const Head& head, const float* block, const Step& step, int64_t first, int64_t unit, int64_t left) {
    vf sums[R][S::SUMS], of_h[R];
    for (int r = 0; r < R; r++) {
        for (int v = 0; v < S::SUMS; v++) sums[r][v] = load(block + v * WIDTH);
        of_h[r] = biases<S>() > S::SUMS ? load(block + S::SUMS * WIDTH) : zero();
    }
    block += biases<S>() * WIDTH;
    add_products(sums, block, step.x + first * step.x_row, step.x_row, head.input);
    block += S::SUMS * WIDTH * head.input;
    // The candidate's sum of h is kept apart from that of x: it takes its place for the product, and goes back.
    const auto exchange = [&] {
        for (int r = 0; K == GRU_CELL && r < R; r++) {
            const vf held = sums[r][S::SUMS - 1];
            sums[r][S::SUMS - 1] = of_h[r], of_h[r] = held;
        }
    };
    if (S::READS_H) {
        exchange();
        add_products(sums, block, step.h + first * step.state_row, step.state_row, head.size);
        exchange();
    }
    for (int r = 0; r < R; r++) {
        const float *h = step.h + (first + r) * step.state_row + unit, *c = step.c + (first + r) * step.state_row + unit;
        float *h_next = step.h_next + (first + r) * head.size + unit;
        for (int u = 0; u < S::WIDE; u++) {
            const int64_t here = left - u * WIDTH, at = u * WIDTH;
            if (here <= 0) break;
            const vf* gates = sums[r] + u;  // gate g of these units is gates[g * WIDE]
            vf each[S::GATES];  // of these units
            for (int g = 0; g < S::GATES; g++) each[g] = gates[g * S::WIDE];
            vf cell = K == LSTM_CELL ? load_some(c + at, here) : zero();
            const vf next = next_h<K>(each, of_h[r], K == GRU_CELL || !S::READS_H ? load_some(h + at, here) : zero(), cell);
            if (K == LSTM_CELL) store_some(step.c_next + (first + r) * head.size + unit + at, cell, here);
            store_some(h_next + at, next, here);
        }
    }
}

// Rows whose sums fit into registers beside the weights that they share.
template <class S>
constexpr int tallest() {
    return WIDTH == 16 ? (S::SUMS == 3 ? 6 : 4) : 2;
}

template <CellType K, class S>
void block_of_rows(const Head& head, const float* block, const Step& step, int64_t unit) {
    const int64_t left = head.size - unit;
    int64_t row = 0;
    for (; row + tallest<S>() <= step.rows; row += tallest<S>()) advance<K, S, tallest<S>()>(head, block, step, row, unit, left);
    for (; row + 2 <= step.rows; row += 2) advance<K, S, 2>(head, block, step, row, unit, left);
    if (row < step.rows) advance<K, S, 1>(head, block, step, row, unit, left);
}

template <CellType K, class S>
void run(const Head& head, const float* packed, const Step& step, int64_t threads) {
    const int64_t blocks = blocks_of<S>(head.size), floats = floats_of_block<S>(head.input, head.size);
    Team team(threads);
    team.lead([&] {
        const int64_t parts = least(4 * team.members(), blocks);  // a few for each, so that nobody waits for the last
        team.share(parts, [&](int64_t part) {
            for (int64_t b = blocks * part / parts; b < blocks * (part + 1) / parts; b++)
                block_of_rows<K, S>(head, packed + b * floats, step, b * S::WIDE * WIDTH);
        });
    });
}

// The weight of input `k` (those of h follow those of x) in row `row` of all gates, as it is now.
inline float weight(const Head& head, int64_t row, int64_t k) {
    return k < head.input ? head.w[row * head.input + k] : head.u[row * head.size + k - head.input];
}

// What stands at `lane` of vector `v` before the weights of a block, as it is now.
template <class S>
float bias(const Head& head, int64_t block, int v, int64_t lane) {
    const int64_t unit = (block * S::WIDE + (v < S::SUMS ? v % S::WIDE : 0)) * WIDTH + lane;
    if (unit >= head.size) return 0;
    const int64_t row = (v < S::SUMS ? v / S::WIDE : S::GATES - 1) * head.size + unit;
    const bool apart = biases<S>() > S::SUMS && v >= S::SUMS - 1;  // the candidate of x, then that of h
    if (apart) return v < S::SUMS ? head.b[row] : head.c[row];
    return head.b[row] + (head.c ? head.c[row] : 0);
}

template <class S>
void pack(float* packed, const Head& head) {
    const int64_t size = head.size;
    for (int64_t block = 0; block < blocks_of<S>(size); block++) {
        for (int v = 0; v < biases<S>(); v++)
            for (int64_t lane = 0; lane < WIDTH; lane++) *packed++ = bias<S>(head, block, v, lane);
        for (int64_t k = 0; k < head.input + (S::READS_H ? size : 0); k++)
            for (int v = 0; v < S::SUMS; v++)
                for (int64_t lane = 0; lane < WIDTH; lane++) {
                    const int64_t unit = (block * S::WIDE + v % S::WIDE) * WIDTH + lane;
                    *packed++ = unit < size ? weight(head, (v / S::WIDE) * size + unit, k) : 0;
                }
    }
}

// A sum of two NaN has the bits of either.
inline bool differs(float one, float other) { return memcmp(&one, &other, sizeof one) && (one == one || other == other); }

// Whether some weights or biases, taken from all over, are no longer those that were packed. It finds what no version
// counter shows: a whole matrix, or a whole bias, that was changed through `.data`.
template <class S>
bool changed(const float* packed, const Head& head) {
    constexpr int64_t LOOKS = 48;
    const int64_t inputs = head.input + (S::READS_H ? head.size : 0);
    const int64_t count = S::GATES * head.size * inputs;
    for (int64_t look = 0; look < LOOKS && count; look++) {
        const int64_t place = count * look / LOOKS, row = place / inputs, k = (place + 7 * look) % inputs;
        const int64_t gate = row / head.size, unit = row % head.size, vector = unit / WIDTH;
        const int64_t at = (vector / S::WIDE) * floats_of_block<S>(head.input, head.size) +
                           (biases<S>() + k * S::SUMS + gate * S::WIDE + vector % S::WIDE) * WIDTH + unit % WIDTH;
        if (differs(packed[at], weight(head, row, k))) return true;
    }
    constexpr int64_t BIASES = 8;  // of each vector's
    const int64_t blocks = blocks_of<S>(head.size);
    for (int64_t look = 0; look < BIASES; look++)
        for (int v = 0; v < biases<S>(); v++) {
            const int64_t block = blocks * look / BIASES, lane = 5 * look % WIDTH;
            const int64_t at = block * floats_of_block<S>(head.input, head.size) + v * WIDTH + lane;
            if (differs(packed[at], bias<S>(head, block, v, lane))) return true;
        }
    return false;
}

#define SL_KINDS(DO)                                                                          \
    switch (head.kind) {                                                                      \
        case RNN_TANH: DO(RNN_TANH, OfRNN) break;                                             \
        case RNN_RELU: DO(RNN_RELU, OfRNN) break;                                             \
        case LSTM_CELL: DO(LSTM_CELL, OfLSTM) break;                                                    \
        case GRU_CELL: DO(GRU_CELL, OfGRU) break;                                                       \
        case MINGRU: DO(MINGRU, OfMinGRU) break;                                              \
        case MINGRU_POSITIVE: DO(MINGRU_POSITIVE, OfMinGRU) break;                            \
        case MINLSTM: DO(MINLSTM, OfMinLSTM) break;                                           \
        case MINLSTM_POSITIVE: DO(MINLSTM_POSITIVE, OfMinLSTM) break;                         \
    }

}  // namespace

// How many floats the packed weights of a cell take, its head among them.
SL_API int64_t SL_EXPORT(cell_step_floats)(int64_t kind, int64_t input, int64_t size) {
    const Head head{kind, input, size, nullptr, nullptr, nullptr, nullptr, 0};
    int64_t floats = 0;
#define SL_DO(K, S) floats = blocks_of<S>(size) * floats_of_block<S>(input, size);
    SL_KINDS(SL_DO)
#undef SL_DO
    return floats + static_cast<int64_t>(sizeof(Head) / sizeof(float));
}

// Pack w [gates * size, input], u [gates * size, size] and their biases b and c (u and c null where h is not read).
SL_API void SL_EXPORT(cell_step_pack)(float* packed, int64_t kind, int64_t input, int64_t size, const float* w,
                                 const float* u, const float* b, const float* c) {
    const Head head{kind, input, size, w, u, b, c, 0};
    memcpy(packed, &head, sizeof head);
    packed += sizeof head / sizeof(float);
#define SL_DO(K, S) pack<S>(packed, head);
    SL_KINDS(SL_DO)
#undef SL_DO
}

// Advance `rows` rows: x [rows, input], h and c [rows, size] -> h_next and c_next [rows, size], elsewhere than h and c.
// Returns 0; or 1, having done nothing, where the weights have changed since they were packed.
SL_API int64_t SL_EXPORT(cell_step)(const float* packed, const float* x, const float* h, const float* c, float* h_next,
                               float* c_next, int64_t x_row, int64_t state_row, int64_t rows, int64_t threads) {
    Head head;
    memcpy(&head, packed, sizeof head);
    packed += sizeof head / sizeof(float);
    const Step step{x, h, c, h_next, c_next, x_row, state_row, rows};
#define SL_DO(K, S)                             \
    {                                           \
        if (changed<S>(packed, head)) return 1; \
        run<K, S>(head, packed, step, threads); \
    }
    SL_KINDS(SL_DO)
#undef SL_DO
    return 0;
}

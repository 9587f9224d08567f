// Whole recurrences over a batch: GRU, LSTM and plain RNN, forwards and backwards.
//
// Each thread takes rows of its own through all of their steps, so that threads never wait for each other. Its rows
// stand side by side in a small state, h [rows, size], that stays in the cache, and so do the products of a step. The
// input is multiplied by its weights for a block of steps at once. Backwards, the gradients of a block's products wait
// until there are enough of them for one product each with the input, the past and the weights: nothing of the size of
// the batch is written but the gradient of x.

#include "recurrence.h"

#include "outer.h"
#include "pairs.h"
#include "parallel.h"

namespace sl {
namespace {

constexpr int64_t FORWARD_BLOCK = 96;    // rows of steps in one product of the input, about
constexpr int64_t BACKWARD_BLOCK = 192;  // and in one product of gradients

// How products are made: in float32, or of factors rounded to bf16.
struct Floats {
    typedef Packed Weights;
    static void multiply(const Packed& weights, const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc,
                         bool accumulate, Buffer<uint32_t>&) {
        weights.run(a, lda, rows, c, ldc, accumulate);
    }
    static void outer(const float* d, int64_t apart_d, int64_t n, const Panels& x, int64_t rows, float* w,
                      Buffer<uint32_t>&, Buffer<uint32_t>&) {
        add_outer(d, apart_d, n, x, rows, w);
    }
};

#if defined(__AVX512F__)
struct Halves {
    typedef PackedPairs Weights;
    static void multiply(const PackedPairs& weights, const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc,
                         bool accumulate, Buffer<uint32_t>& room) {
        weights.run(a, lda, rows, c, ldc, accumulate, room);
    }
    static void outer(const float* d, int64_t apart_d, int64_t n, const Panels& x, int64_t rows, float* w,
                      Buffer<uint32_t>& left, Buffer<uint32_t>& right) {
        add_outer_pairs(d, apart_d, n, x, rows, w, left, right);
    }
};
#endif

// b_ih + b_hh; of a GRU's candidate, whose products are not added up, the two one after the other.
void add_biases(const Call& call, int64_t gates, bool apart, float* bias) {
    for (int64_t i = 0; i < gates * call.size; i++) bias[i] = call.b_ih[i] + call.b_hh[i];
    if (!apart) return;
    const int64_t last = (gates - 1) * call.size;
    memcpy(bias + last, call.b_ih + last, call.size * sizeof(float));
    memcpy(bias + last + call.size, call.b_hh + last, call.size * sizeof(float));
}

// How many steps of `rows` rows make a block.
int64_t steps_of(int64_t rows, int64_t block) { return most(1, (block + rows - 1) / most(1, rows)); }

template <class Cell, class Products>
void forward_share(const Call& call, const Share& share, const typename Products::Weights& reads,
                   const typename Products::Weights& recalls, const float* bias) {
    const int64_t size = call.size, count = share.count(), longest = share.longest();
    const int64_t lead = apart(Cell::GATES * size), steps = least(most(1, longest), steps_of(count, FORWARD_BLOCK));
    Buffer<float> h(count * size), q(Cell::ADDS ? 1 : count * lead), x(steps * count * call.input),
        g(steps * count * lead);
    Buffer<uint32_t> room;
    for (int64_t i = 0; i < count; i++) {
        memcpy(h + i * size, call.h_start + share.row(i) * size, size * sizeof(float));
        if (call.c_last)
            memcpy(call.c_last + share.row(i) * size, call.c_start + share.row(i) * size, size * sizeof(float));
    }
    int64_t active = count;
    for (int64_t begin = 0; begin < longest; begin += steps) {
        const int64_t end = least(longest, begin + steps);
        int64_t taken = 0, going = active;
        for (int64_t step = begin; step < end; step++) {
            going = share.active(step, going);
            for (int64_t i = 0; i < going; i++, taken++) {
                const Place place = share.place(i, step);
                memcpy(x + taken * call.input, call.x + place.row * call.x_row + place.moment * call.x_step,
                       call.input * sizeof(float));
            }
        }
        Products::multiply(reads, x, call.input, taken, g, lead, false, room);
        float* products = g;
        for (int64_t step = begin; step < end; step++) {
            active = share.active(step, active);
            Products::multiply(recalls, h, size, active, Cell::ADDS ? products : q.data, lead, Cell::ADDS, room);
            for (int64_t i = 0; i < active; i++)
                Cell::advance(call, share.place(i, step), bias, products + i * lead, q + (Cell::ADDS ? 0 : i * lead),
                              h + i * size);
            products += active * lead;
        }
    }
    for (int64_t i = 0; i < count; i++) memcpy(call.h_last + share.row(i) * size, h + i * size, size * sizeof(float));
}

template <class Cell, class Products>
void forward(const Call& call, const Rows& rows, int64_t threads) {
    const int64_t size = call.size, wide = Cell::GATES * size;
    typename Products::Weights reads, recalls;
    reads.pack(call.w_ih, wide, call.input, call.input, 1);
    recalls.pack(call.w_hh, wide, size, size, 1);
    Buffer<float> bias(wide + size);
    add_biases(call, Cell::GATES, Cell::TWO, bias);
    parallel(threads, threads, [&](int64_t thread) {
        const Share share{rows, thread, threads};
        if (share.count()) forward_share<Cell, Products>(call, share, reads, recalls, bias);
    });
    const int64_t row_floats = rows.time * size;
    if (rows.order)  // padding reads as zero
        for (int64_t k = 0; k < rows.count; k++)
            memset(call.outputs + rows.row(k) * row_floats + rows.steps(k) * size, 0,
                   (rows.time - rows.steps(k)) * size * sizeof(float));
}

// Where the gradients of W_ih, W_hh, b_ih and b_hh are added up: the first thread's are the answer.
struct Slopes {
    float* part[4];
    int64_t floats[4];

    Slopes(const Call& call, const Gradients& to, int64_t wide)
        : part{to.w_ih, to.w_hh, to.b_ih, to.b_hh}, floats{wide * call.input, wide * call.size, wide, wide} {}

    int64_t all() const { return floats[0] + floats[1] + floats[2] + floats[3]; }

    // The same in one piece of memory.
    Slopes at(float* place) const {
        Slopes other = *this;
        for (int k = 0; k < 4; k++) other.part[k] = place, place += floats[k];
        return other;
    }

    // Add the share of one thread of those that stand one after the other from `more` on.
    void add(const float* more, int64_t others, int64_t thread, int64_t threads) const {
        for (int64_t one = 0; one < others; one++)
            for (int k = 0; k < 4; k++) {
                const int64_t from = floats[k] * thread / threads, to = floats[k] * (thread + 1) / threads;
                float* sum = part[k] + from;
                vectors(to - from, [&](auto at) { at.store(sum, at.load(sum) + at.load(more + from)); });
                more += floats[k];
            }
    }
};

// Sums of one thread for the gradients of the weights, and the block of rows that is still to be added to them.
template <class Cell, class Products>
struct Sums {
    typedef typename Products::Weights Weights;
    const Call& call;
    const Gradients& to;
    const Weights& unread;  // W_ih transposed; empty where x needs no gradient
    int64_t wide, lead, room, filled = 0;
    float *w_ih, *w_hh, *b_ih, *b_hh;
    Buffer<float> d, e, dx;  // of the products with x, and of those with the past where these differ
    Buffer<int64_t> padded;
    Buffer<uint32_t> left, right;
    Panels x, past;

    // The sums go to `into`, and begin at zero.
    Sums(const Call& call_, const Gradients& to_, const Weights& unread_, int64_t room_, const Slopes& into)
        : call(call_), to(to_), unread(unread_), wide(Cell::GATES * call_.size), lead(apart(wide)), room(room_),
          w_ih(into.part[0]), w_hh(into.part[1]), b_ih(into.part[2]), b_hh(into.part[3]) {
        for (int k = 0; k < 4; k++) memset(into.part[k], 0, into.floats[k] * sizeof(float));
        d.make(room * lead), padded.make(room), x.make(room, call.input), past.make(room, call.size);
        if (Cell::TWO) e.make(room * lead);
        if (to.x) dx.make(room * call.input);
    }

    float* of_read(int64_t i) { return d + (filled + i) * lead; }
    float* of_past(int64_t i) { return (Cell::TWO ? e : d) + (filled + i) * lead; }

    // Add the block to the sums and forget it.
    void add() {
        if (!filled) return;
        Products::outer(d, lead, wide, x, filled, w_ih, left, right);
        Products::outer(Cell::TWO ? e : d, lead, wide, past, filled, w_hh, left, right);
        add_rows(d, lead, wide, filled, b_ih);
        add_rows(Cell::TWO ? e : d, lead, wide, filled, b_hh);
        if (to.x) {
            Products::multiply(unread, d, lead, filled, dx, call.input, false, left);
            for (int64_t row = 0; row < filled; row++)
                memcpy(to.x + padded[row] * call.input, dx + row * call.input, call.input * sizeof(float));
        }
        filled = 0;
    }
};

template <class Cell, class Products>
void backward_share(const Call& call, const Gradients& to, const Share& share,
                    const typename Products::Weights& unrecall, Sums<Cell, Products>& sums) {
    const int64_t size = call.size, count = share.count();
    Buffer<float> dh(count * size);
    for (int64_t i = 0; i < count; i++) {
        const int64_t at = share.row(i) * size;
        if (to.h_last)
            memcpy(dh + i * size, to.h_last + at, size * sizeof(float));
        else
            memset(dh + i * size, 0, size * sizeof(float));
        if (to.c_start && to.c_last)
            memcpy(to.c_start + at, to.c_last + at, size * sizeof(float));
        else if (to.c_start)
            memset(to.c_start + at, 0, size * sizeof(float));
    }
    for (int64_t step = share.longest() - 1; step >= 0; step--) {
        const int64_t active = share.active(step, count);
        if (sums.filled + active > sums.room) sums.add();
        for (int64_t i = 0; i < active; i++) {
            const Place place = share.place(i, step);
            const int64_t held = sums.filled + i;
            const float* past = place.first ? call.h_start + place.row * size
                                            : call.outputs + (place.padded + place.before) * size;
            sums.past.put(held, past);
            sums.x.put(held, call.x + place.row * call.x_row + place.moment * call.x_step);
            sums.padded[held] = place.padded;
            const float* dy = to.outputs ? to.outputs + place.row * to.row + place.moment * to.step : nullptr;
            Cell::retreat(call, to, place, past, dy, dh + i * size, sums.of_read(i), sums.of_past(i));
        }
        Products::multiply(unrecall, sums.of_past(0), sums.lead, active, dh, size, Cell::AROUND, sums.left);
        sums.filled += active;
    }
    sums.add();
    for (int64_t i = 0; i < count; i++) memcpy(to.h_start + share.row(i) * size, dh + i * size, size * sizeof(float));
}

template <class Cell, class Products>
void backward(const Call& call, const Gradients& to, const Rows& rows, int64_t threads) {
    const int64_t size = call.size, wide = Cell::GATES * size;
    typename Products::Weights unread, unrecall;
    if (to.x) unread.pack(call.w_ih, call.input, wide, 1, call.input);
    unrecall.pack(call.w_hh, size, wide, 1, size);
    const int64_t rows_each = (rows.count + threads - 1) / threads;
    const int64_t room = rows_each * steps_of(rows_each, BACKWARD_BLOCK);
    const Slopes answer(call, to, wide);
    Buffer<float> others(most(1, (threads - 1) * answer.all()));
    parallel(threads, threads, [&](int64_t thread) {
        const Share share{rows, thread, threads};
        Sums<Cell, Products> sums(call, to, unread, room,
                                  thread ? answer.at(others + (thread - 1) * answer.all()) : answer);
        backward_share<Cell, Products>(call, to, share, unrecall, sums);
    });
    parallel(threads, threads, [&](int64_t thread) { answer.add(others, threads - 1, thread, threads); });
    if (to.x && rows.order)  // no gradient comes from padding
        for (int64_t k = 0; k < rows.count; k++)
            memset(to.x + (rows.row(k) * rows.time + rows.steps(k)) * call.input, 0,
                   (rows.time - rows.steps(k)) * call.input * sizeof(float));
}

enum Kind : int64_t { TANH, RELU, OF_GRU, OF_LSTM };

template <class Products>
void forward_of(int64_t kind, const Call& call, const Rows& rows, int64_t threads) {
    if (kind == TANH) forward<RNN<false>, Products>(call, rows, threads);
    if (kind == RELU) forward<RNN<true>, Products>(call, rows, threads);
    if (kind == OF_GRU) forward<GRU, Products>(call, rows, threads);
    if (kind == OF_LSTM) forward<LSTM, Products>(call, rows, threads);
}

template <class Products>
void backward_of(int64_t kind, const Call& call, const Gradients& to, const Rows& rows, int64_t threads) {
    if (kind == TANH) backward<RNN<false>, Products>(call, to, rows, threads);
    if (kind == RELU) backward<RNN<true>, Products>(call, to, rows, threads);
    if (kind == OF_GRU) backward<GRU, Products>(call, to, rows, threads);
    if (kind == OF_LSTM) backward<LSTM, Products>(call, to, rows, threads);
}

}  // namespace
}  // namespace sl

// Kinds: 0 RNN with tanh, 1 with relu, 2 GRU, 3 LSTM. The structures are filled by the wrapper (kernels/recurrence.py).
// `halves`: with products in bf16, where `recurrence_halves` says that they can be had.
SL_API void SL_EXPORT(recurrence_forward)(int64_t kind, int64_t halves, const sl::Call* call, const sl::Rows* rows,
                                          int64_t threads) {
#if defined(__AVX512F__)
    if (halves) return sl::forward_of<sl::Halves>(kind, *call, *rows, threads);
#endif
    (void)halves;
    sl::forward_of<sl::Floats>(kind, *call, *rows, threads);
}

SL_API void SL_EXPORT(recurrence_backward)(int64_t kind, int64_t halves, const sl::Call* call, const sl::Gradients* to,
                                           const sl::Rows* rows, int64_t threads) {
#if defined(__AVX512F__)
    if (halves) return sl::backward_of<sl::Halves>(kind, *call, *to, *rows, threads);
#endif
    (void)halves;
    sl::backward_of<sl::Floats>(kind, *call, *to, *rows, threads);
}

SL_API int64_t SL_EXPORT(recurrence_halves)() {
#if defined(__AVX512F__)
    return sl::has_bf16();
#else
    return 0;
#endif
}

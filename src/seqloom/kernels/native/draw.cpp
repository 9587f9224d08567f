// What comes next, drawn from logits as decoding/sampling.py does it, in float64: forbidden tokens, temperature, top-k,
// top-p, min-p, and then the inverse of the distribution function at a number even in [0, 1).

#include "step.h"

namespace {

using namespace sl;

constexpr double LEAST = -__builtin_inf();

// How the distribution is shaped; top_k, top_p and min_p are 0 where they are not asked for.
struct Shaping {
    double temperature;
    int64_t top_k;
    double top_p, min_p;
};

// Places of x by value, the largest first, the lowest place first among equals: a heap that is emptied from the top.
struct Ranked {
    const double* x;
    Buffer<int64_t> heap;
    int64_t count = 0;

    Ranked(const double* x_, int64_t n) : x(x_), heap(n) {
        for (int64_t i = 0; i < n; i++)
            if (x[i] > LEAST) heap[count++] = i;
        for (int64_t i = count / 2 - 1; i >= 0; i--) sink(i);
    }

    int64_t pop() {
        const int64_t best = heap[0];
        heap[0] = heap[--count];
        sink(0);
        return best;
    }

   private:
    bool before(int64_t a, int64_t b) const { return x[a] != x[b] ? x[a] > x[b] : a < b; }

    void sink(int64_t i) {
        for (int64_t child; (child = 2 * i + 1) < count; i = child) {
            if (child + 1 < count && before(heap[child + 1], heap[child])) child++;
            if (!before(heap[child], heap[i])) return;
            const int64_t held = heap[i];
            heap[i] = heap[child], heap[child] = held;
        }
    }
};

// Room for one row of `n` scores.
struct Row {
    int64_t n;
    Buffer<double> raw, score, mass;
    Buffer<uint8_t> kept;

    explicit Row(int64_t n_) : n(n_), raw(n_), score(n_), mass(n_), kept(n_) {}

    // Keep the tokens of the shaped distribution; their score is -inf before if they cannot be chosen.
    void shape(const Shaping& asked, double best) {
        for (int64_t i = 0; i < n; i++) {
            score[i] = (score[i] - best) / asked.temperature;
            mass[i] = __builtin_exp(score[i]);
            kept[i] = score[i] > LEAST;
        }
        if (asked.top_k || asked.top_p > 0) truncate(asked);
        if (asked.min_p > 0) {
            const double bound = __builtin_log(asked.min_p);
            for (int64_t i = 0; i < n; i++) kept[i] &= !(score[i] < bound);
        }
    }

    // The nucleus of the k best: tokens are taken from the top until those before hold `top_p` of what all of them do.
    void truncate(const Shaping& asked) {
        Ranked ranked(score, n);
        const int64_t most_kept = asked.top_k ? least(asked.top_k, ranked.count) : ranked.count;
        const bool nucleus = asked.top_p > 0 && asked.top_p < 1;
        double whole = 0, before = 0;
        Buffer<int64_t> order(most_kept);
        if (!asked.top_k) {
            for (int64_t i = 0; i < n; i++) whole += mass[i];
        } else {
            for (int64_t i = 0; i < most_kept; i++) whole += mass[order[i] = ranked.pop()];
        }
        memset(kept.data, 0, static_cast<size_t>(n));
        for (int64_t i = 0; i < most_kept && !(nucleus && i && before >= asked.top_p); i++) {
            const int64_t token = asked.top_k ? order[i] : ranked.pop();
            kept[token] = 1;
            before += mass[token] / whole;
        }
    }

    // The first token whose share of the distribution function lies above `drawn` of it all.
    int64_t draw(double drawn) {
        double whole = 0, reached = 0;
        for (int64_t i = 0; i < n; i++) whole += kept[i] ? mass[i] : 0;
        for (int64_t i = 0; i < n; i++) mass[i] = reached += kept[i] ? mass[i] / whole : 0;
        const double below = __builtin_nextafter(reached, 0.0), place = drawn * reached;
        for (int64_t i = 0; i < n; i++)
            if (mass[i] > (place < below ? place : below)) return i;
        return n - 1;
    }
};

// What is asked of a draw, and what it finds, row by row.
struct Draw {
    const int64_t* forbidden;
    int64_t count;
    Shaping shaping;
    int64_t top;
};
struct Found {
    int64_t* ids;
    double* logprobs;
    int64_t* top_ids;
    double* top_logprobs;
};

// Look at one row, and choose its token where `even` is given. Returns false where none can be chosen.
bool draw_row(Row& row, const float* logits, const Draw& asked, const double* even, const Found& out, int64_t r) {
    const int64_t n = row.n;
    double highest = LEAST, whole = 0, best = LEAST;
    for (int64_t i = 0; i < n; i++) {
        row.score[i] = row.raw[i] = static_cast<double>(logits[i]);
        highest = row.raw[i] > highest ? row.raw[i] : highest;
    }
    for (int64_t i = 0; i < n; i++) whole += __builtin_exp(row.raw[i] - highest);
    const double norm = highest + __builtin_log(whole);
    for (int64_t i = 0; i < asked.count; i++) row.score[asked.forbidden[i]] = LEAST;
    if (even) {
        int64_t first = 0;
        bool right = true;
        for (int64_t i = 0; i < n; i++) {
            right &= row.score[i] == row.score[i];
            if (row.score[i] > best) best = row.score[i], first = i;
        }
        if (!right || !(best > LEAST && best < -LEAST)) return false;
        if (asked.shaping.temperature != 0) row.shape(asked.shaping, best);
        out.ids[r] = asked.shaping.temperature == 0 ? first : row.draw(even[r]);
    }
    out.logprobs[r] = row.raw[out.ids[r]] - norm;
    if (!asked.top) return true;
    Ranked ranked(row.raw, n);
    for (int64_t i = 0; i < asked.top; i++) {
        const int64_t token = ranked.count ? ranked.pop() : 0, place = r * asked.top + i;
        out.top_ids[place] = token, out.top_logprobs[place] = row.raw[token] - norm;
    }
    return true;
}

}  // namespace

// For each of `rows` rows of logits [rows, n]: a token into ids [rows], drawn by even [rows] (or, where that is null,
// the one that stands there), its ln p, and the `top` best tokens and their ln p, best first, all under the logits as
// they are. temperature 0 takes the best. Returns -1, or the first row of which no token can be chosen.
SL_API int64_t SL_EXPORT(draw)(const float* logits, int64_t rows, int64_t n, const int64_t* forbidden, int64_t count,
                               double temperature, int64_t top_k, double top_p, double min_p, const double* even,
                               int64_t top, int64_t* ids, double* logprobs, int64_t* top_ids, double* top_logprobs) {
    const Draw asked{forbidden, count, {temperature, top_k, top_p, min_p}, top};
    const Found out{ids, logprobs, top_ids, top_logprobs};
    Row row(n);
    for (int64_t r = 0; r < rows; r++)
        if (!draw_row(row, logits + r * n, asked, even, out, r)) return r;
    return -1;
}

// Write `steps` tokens of each of `rows` rows, the first after `token` [rows], each read before the next: what `draw`
// finds at each step into [steps, rows], by even [steps, rows]. `itself` [rows] holds 0, 1, 2 ..., `owner` [rows] zeros.
// Returns how many steps were taken before one at which no token could be chosen.
SL_API int64_t SL_EXPORT(draw_steps)(const void* step_, void* opened, const int64_t* token, const int64_t* itself,
                                     const int64_t* owner, int64_t rows, int64_t steps, const int64_t* forbidden,
                                     int64_t count, double temperature, int64_t top_k, double top_p, double min_p,
                                     const double* even, int64_t top, int64_t* ids, double* logprobs, int64_t* top_ids,
                                     double* top_logprobs) {
    const Step& step = *static_cast<const Step*>(step_);
    const Draw asked{forbidden, count, {temperature, top_k, top_p, min_p}, top};
    const int64_t n = step.vocabulary;
    Buffer<float> logits(rows * n);
    Row row(n);
    const Found out{ids, logprobs, top_ids, top_logprobs};
    Opened& own = *static_cast<Opened*>(opened);
    int64_t taken = 0;
    own.team.lead([&] {
        for (; taken < steps; taken++) {
            step.advance(own.session, rows, taken ? ids + (taken - 1) * rows : token, itself, owner, logits);
            for (int64_t r = 0; r < rows; r++)
                if (!draw_row(row, logits + r * n, asked, even, out, taken * rows + r)) return;
        }
    });
    return taken;
}

// The search of decoding/search.py and beam.py, over any Step: the same slots, rules, penalties, order among equals and
// arithmetic (logits and ln p in float32, sums in float64), so that from the same logits the same answers come.
//
// Sentences need nothing of each other. Each thread takes a share of them and follows all their hypotheses side by
// side; a hypothesis that is over leaves its batch. One sentence alone is a team's. A search stops after the time it is
// given and goes on when it is called again, so that whoever waits for it can be interrupted.

#include "search.h"

#include <time.h>

#include "list.h"
#include "parallel.h"
#include "step.h"
#include "vector.h"

namespace {

using namespace sl;

// A token of a hypothesis and the one before it: hypotheses share their beginnings.
struct Node {
    int64_t before;  // -1: none
    int64_t token;
    double logprob;
};

struct Row {
    int64_t owner, node;
    double total;
};

struct Candidate {
    double total;
    int64_t token, row;
    float logprob;
};

inline double seconds_now() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Search {
    const Step& step;
    const void* memory;
    const Asked& asked;
    Found found;
    const int64_t vocabulary;

    List<Node> nodes;
    Buffer<Row> rows, after;
    Buffer<float> logits, norm, tops;
    Buffer<int64_t> token, parent, owner, path, places, free_slots;
    Buffer<Candidate> candidates;
    Buffer<double> to_beat;

    Search(const Step& step_, const void* memory_, const Asked& asked_, const Found& found_)
        : step(step_), memory(memory_), asked(asked_), found(found_), vocabulary(step_.vocabulary) {}
    ~Search() {
        if (session) step.close(session);
    }

    // Make ready to write the answers of sentences[0 .. count), products being shared with `team`.
    void begin(const int64_t* sentences, int64_t count, Team* team) {
        const int64_t most_rows = count * asked.slots;
        int64_t longest = 0;
        rows.make(most_rows), after.make(most_rows), logits.make(most_rows * vocabulary), norm.make(most_rows);
        token.make(most_rows), parent.make(most_rows), owner.make(most_rows);
        path.make(asked.longest + 1), free_slots.make(count), to_beat.make(count);
        candidates.make(asked.slots * asked.slots), tops.make(asked.slots), places.make(asked.slots);
        for (int64_t i = 0; i < count; i++) {
            rows[i] = {i, -1, 0.0};
            token[i] = asked.bos, parent[i] = i, owner[i] = sentences[i];
            free_slots[i] = asked.slots, to_beat[i] = -__builtin_inf();
            longest = most(longest, asked.limits[sentences[i]]);
            found.count[sentences[i]] = 0;
        }
        own = sentences, held = count;
        session = step.open(step.self, memory, most_rows, longest, team);
    }

    bool over() const { return !held; }

    // Go on for about so long. It is over too where scores are none, and says so in `found`.
    void go_on(double seconds) {
        const double end = seconds_now() + seconds;
        while (held) {
            step.advance(session, held, token, parent, owner, logits);
            held = normalise(held, time) ? pick(held, time) : 0;
            time++;
            if (seconds_now() > end) return;
        }
    }

   private:
    const int64_t* own = nullptr;
    void* session = nullptr;
    int64_t held = 0, time = 0;  // rows that go on, and steps taken

    // norm [rows] = ln sum e^logits, which turns logits into ln p. Returns false where it is not finite.
    bool normalise(int64_t count, int64_t at) {
        for (int64_t r = 0; r < count; r++) {
            const float* x = logits + r * vocabulary;
            const float top = largest_of(x);
            double whole = 0;
            vf sums = zero();
            int64_t i = 0;
            for (; i + WIDTH <= vocabulary; i += WIDTH) sums = sums + exp(load(x + i) - set1(top));
            whole = sum(sums);
            if (i < vocabulary) {
                alignas(64) float last[WIDTH];
                store(last, exp(load_part(x + i, vocabulary - i) - set1(top)));
                for (int64_t j = 0; j < vocabulary - i; j++) whole += last[j];
            }
            norm[r] = top + static_cast<float>(__builtin_log(whole));
            if (!__builtin_isfinite(norm[r])) {
                if (found.wrong[0] < 0) found.wrong[0] = r, found.wrong[1] = at;
                return false;
            }
        }
        return true;
    }

    float largest_of(const float* x) const {
        vf top = set1(-__builtin_inff());
        int64_t i = 0;
        for (; i + WIDTH <= vocabulary; i += WIDTH) top = max(load(x + i), top);
        float found_top = largest(top);
        for (; i < vocabulary; i++) found_top = x[i] > found_top ? x[i] : found_top;
        return found_top;
    }

    // Turn the rows of a step into those of the next, and file what is over. Returns how many go on.
    int64_t pick(int64_t held, int64_t time) {
        int64_t kept = 0;
        for (int64_t from = 0; from < held;) {
            int64_t to = from + 1;
            while (to < held && rows[to].owner == rows[from].owner) to++;
            kept = pick_sentence(from, to, time, kept);
            from = to;
        }
        for (int64_t r = 0; r < kept; r++) {
            rows[r] = after[r];
            token[r] = nodes[rows[r].node].token;
            owner[r] = own[rows[r].owner];
        }
        return kept;
    }

    // Rows [from, to) are the hypotheses of one sentence, best first.
    int64_t pick_sentence(int64_t from, int64_t to, int64_t time, int64_t kept) {
        const int64_t sentence = rows[from].owner;
        int64_t count = 0;
        for (int64_t r = from; r < to; r++) {
            const int64_t forced = constrain(r, time);
            const int64_t got = forced >= 0 ? only(forced, r, candidates + count) : best_of(r, candidates + count);
            if (!got) file(sentence, rows[r].node, rows[r].total, time, false);  // nothing may follow
            count += got;
        }
        rank(candidates, count, free_slots[sentence]);
        count = least(count, free_slots[sentence]);
        const int64_t limit = asked.limits[own[sentence]], first = kept;
        bool finished = false;
        for (int64_t i = 0; i < count; i++)
            if (candidates[i].token == asked.eos) {
                file(sentence, node_of(candidates[i]), candidates[i].total, time + 1, true);
                free_slots[sentence]--, finished = true;
            }
        if (finished) to_beat[sentence] = worst_answer(sentence);
        double hope = -__builtin_inf();
        for (int64_t i = 0; i < count; i++) {
            const Candidate& one = candidates[i];
            if (one.token == asked.eos) continue;
            if (limit <= time + 1) {
                file(sentence, node_of(one), one.total, time + 1, false);
                continue;
            }
            hope = one.total / asked.penalties[limit] > hope ? one.total / asked.penalties[limit] : hope;
            parent[kept] = one.row;
            after[kept++] = {sentence, node_of(one), one.total};
        }
        // ln p only falls: a row scores at most what it would if all that follows were certain, up to the limit, where
        // the penalty is mildest.
        return hope < to_beat[sentence] ? first : kept;
    }

    int64_t node_of(const Candidate& one) {
        nodes.add({rows[one.row].node, one.token, static_cast<double>(one.logprob)});
        return nodes.count - 1;
    }

    // Put -inf where a token may not follow. Returns the token that must, -1 where none must.
    int64_t constrain(int64_t r, int64_t time) {
        const int64_t* prefix = asked.prefix + own[rows[r].owner] * asked.prefix_length;
        if (time < asked.prefix_length && prefix[time] >= 0) return prefix[time];
        const float barred = -__builtin_inff();
        float* scores = logits + r * vocabulary;
        for (int64_t i = 0; i < asked.never_count; i++)
            if (asked.never[i] < vocabulary) scores[asked.never[i]] = barred;
        if (time < asked.least) scores[asked.eos] = barred;
        if (!asked.words && !asked.no_repeat) return -1;
        int64_t place = time;
        for (int64_t node = rows[r].node; node >= 0; node = nodes[node].before) path[--place] = nodes[node].token;
        const int64_t* word = asked.word_tokens;
        for (int64_t i = 0; i < asked.words; word += asked.word_lengths[i++]) {
            const int64_t last = asked.word_lengths[i] - 1;
            if (ends_with(time, word, last)) scores[word[last]] = barred;
        }
        if (asked.no_repeat && time >= asked.no_repeat) {
            const int64_t before = asked.no_repeat - 1;
            for (int64_t start = 0; start + before < time; start++)
                if (ends_with(time, path + start, before)) scores[path[start + before]] = barred;
        }
        return -1;
    }

    // Whether the `time` tokens of the path end with these.
    bool ends_with(int64_t time, const int64_t* tokens, int64_t count) const {
        if (time < count) return false;
        for (int64_t i = 0; i < count; i++)
            if (path[time - count + i] != tokens[i]) return false;
        return true;
    }

    // The best tokens of a row, best first, the lowest first among equals, as many as there are slots.
    int64_t best_of(int64_t r, Candidate* out) {
        const float* scores = logits + r * vocabulary;
        const int64_t wanted = least(asked.slots, vocabulary);
        int64_t count = 0;
        float bound = -__builtin_inff();  // the least of those held, once there are as many as wanted
        for (int64_t i = 0; i < vocabulary; i += WIDTH) {
            const int64_t end = least(i + WIDTH, vocabulary);
            if (end == i + WIDTH && !any_above(scores + i, bound)) continue;
            for (int64_t j = i; j < end; j++) {
                if (!(scores[j] > bound)) continue;
                int64_t place = count < wanted ? count++ : wanted - 1;
                for (; place && tops[place - 1] < scores[j]; place--)
                    tops[place] = tops[place - 1], places[place] = places[place - 1];
                tops[place] = scores[j], places[place] = j;
                if (count == wanted) bound = tops[wanted - 1];
            }
        }
        for (int64_t i = 0; i < count; i++) out[i] = candidate(places[i], r);
        return count;
    }

    int64_t only(int64_t token_, int64_t r, Candidate* out) const {
        if (!(logits[r * vocabulary + token_] > -__builtin_inff())) return 0;
        *out = candidate(token_, r);
        return 1;
    }

    Candidate candidate(int64_t token_, int64_t r) const {
        const float difference = logits[r * vocabulary + token_] - norm[r], logprob = difference < 0 ? difference : 0;
        return {rows[r].total + static_cast<double>(logprob), token_, r, logprob};
    }

    static bool any_above(const float* x, float bound) {
#if defined(__AVX512F__)
        return _mm512_cmp_ps_mask(load(x), set1(bound), _CMP_GT_OQ) != 0;
#else
        return _mm256_movemask_ps(_mm256_cmp_ps(load(x), set1(bound), _CMP_GT_OQ)) != 0;
#endif
    }

    // Put the best `wanted` first, in order: by total, then the lowest token, then the hypothesis that ranked higher.
    static void rank(Candidate* all, int64_t count, int64_t wanted) {
        for (int64_t i = 0; i < least(wanted, count); i++) {
            int64_t top = i;
            for (int64_t j = i + 1; j < count; j++)
                if (before(all[j], all[top])) top = j;
            const Candidate one = all[top];
            all[top] = all[i], all[i] = one;
        }
    }

    static bool before(const Candidate& a, const Candidate& b) {
        if (a.total != b.total) return a.total > b.total;
        return a.token != b.token ? a.token < b.token : a.row < b.row;
    }

    // Put a hypothesis that is over among the answers of its sentence, if it is good enough.
    void file(int64_t sentence, int64_t node, double total, int64_t length, bool ended) {
        const int64_t base = own[sentence] * asked.best;
        int64_t& count = found.count[own[sentence]];
        const double score = total / asked.penalties[most(length, 1)];
        int64_t place = length;
        for (int64_t at = node; at >= 0; at = nodes[at].before) path[--place] = nodes[at].token;
        place = count;
        while (place && worse(base + place - 1, score, length, ended)) place--;
        if (place == asked.best) return;
        count = least(count + 1, asked.best);
        for (int64_t i = base + count - 1; i > base + place; i--) copy(i - 1, i);
        const int64_t here = base + place;
        found.length[here] = length, found.ended[here] = ended, found.total[here] = total, found.score[here] = score;
        for (int64_t i = length - 1, at = node; at >= 0; at = nodes[at].before, i--) {
            found.tokens[here * asked.longest + i] = nodes[at].token;
            found.logprobs[here * asked.longest + i] = nodes[at].logprob;
        }
    }

    // Whether the answer at `place` ranks after one of `score` whose tokens are the path.
    bool worse(int64_t place, double score, int64_t length, bool ended) const {
        if (found.ended[place] != ended) return ended;
        if (found.score[place] != score) return found.score[place] < score;
        const int64_t* there = found.tokens + place * asked.longest;
        for (int64_t i = 0; i < least(length, found.length[place]); i++)
            if (there[i] != path[i]) return there[i] > path[i];
        return found.length[place] > length;
    }

    void copy(int64_t from, int64_t to) {
        found.length[to] = found.length[from], found.ended[to] = found.ended[from];
        found.total[to] = found.total[from], found.score[to] = found.score[from];
        const size_t held = static_cast<size_t>(found.length[from]);
        memcpy(found.tokens + to * asked.longest, found.tokens + from * asked.longest, sizeof(int64_t) * held);
        memcpy(found.logprobs + to * asked.longest, found.logprobs + from * asked.longest, sizeof(double) * held);
    }

    // The score below which a hypothesis cannot be in the answer any more; -inf while there is room.
    double worst_answer(int64_t sentence) const {
        const int64_t last = (own[sentence] + 1) * asked.best - 1;
        return found.count[own[sentence]] == asked.best && found.ended[last] ? found.score[last] : -__builtin_inf();
    }
};

// Sentences are shared out among threads one after the other, for they often come sorted.
struct Searching {
    const int64_t parts;
    Buffer<int64_t> order;
    Team team;
    Search** searches;

    Searching(const Step& step, const void* memory, int64_t sentences, const Asked& asked, const Found& found,
              int64_t threads, int64_t together)
        : parts(most(1, least(threads, sentences))), order(sentences), team(parts == 1 ? together : 1),
          searches(new Search*[static_cast<size_t>(parts)]) {
        for (int64_t part = 0, place = 0; part < parts; part++) {
            const int64_t from = place;
            for (int64_t i = part; i < sentences; i += parts) order[place++] = i;
            searches[part] = new Search(step, memory, asked, found);
            searches[part]->begin(order + from, place - from, &team);
        }
    }
    ~Searching() {
        for (int64_t part = 0; part < parts; part++) delete searches[part];
        delete[] searches;
    }

    // Go on for about so long. Returns whether all is over.
    bool go_on(double seconds) {
        if (parts == 1)
            team.lead([&] { searches[0]->go_on(seconds); });
        else
            parallel(parts, parts, [&](int64_t part) { searches[part]->go_on(seconds); });
        bool over = true;
        for (int64_t part = 0; part < parts; part++) over &= searches[part]->over();
        return over;
    }

    void tell_wrong(Found& out) const {
        for (int64_t part = 0; part < parts; part++) {
            const int64_t* wrong = searches[part]->found.wrong;
            if (wrong[0] >= 0 && out.wrong[0] < 0) out.wrong[0] = wrong[0], out.wrong[1] = wrong[1];
        }
    }
};

}  // namespace

// Begin a search of answers to `sentences` sentences on up to `threads` threads, one sentence alone on `together` of
// them. What it is told stays in use until it is closed, and what it finds is in `found` when it is over.
SL_API void* SL_EXPORT(search_open)(const void* step, const void* memory, int64_t sentences, const void* asked,
                                    void* found, int64_t threads, int64_t together) {
    Found& out = *static_cast<Found*>(found);
    out.wrong[0] = -1;
    return new Searching(*static_cast<const Step*>(step), memory, sentences, *static_cast<const Asked*>(asked), out,
                         threads, together);
}
// Search for about so many seconds. Returns 1 when it is over, 0 to be called again.
SL_API int64_t SL_EXPORT(search_run)(void* searching, double seconds, void* found) {
    Searching& own = *static_cast<Searching*>(searching);
    if (!own.go_on(seconds)) return 0;
    own.tell_wrong(*static_cast<Found*>(found));
    return 1;
}
SL_API void SL_EXPORT(search_close)(void* searching) { delete static_cast<Searching*>(searching); }

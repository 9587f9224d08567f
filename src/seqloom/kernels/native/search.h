// What a search is told, and where it puts what it found. `decoding/search.py` says in words, and does in torch, what
// `search.cpp` does here.
#pragma once

#include "seqloom.h"

namespace sl {

struct Asked {
    int64_t slots, best;          // hypotheses followed and answered, a sentence
    int64_t bos, eos;
    int64_t least;                // tokens before the end may be
    int64_t no_repeat;            // no n-gram of this length twice; 0: any
    int64_t never_count;          // tokens never written
    const int64_t* never;
    int64_t words;                // forbidden words of several tokens
    const int64_t* word_lengths;  // [words]
    const int64_t* word_tokens;   // one word after the other
    const int64_t* limits;        // [sentences], tokens of each at most, the end among them
    int64_t longest;              // the largest of the limits
    const int64_t* prefix;        // [sentences, prefix_length], -1 where one is over
    int64_t prefix_length;
    const double* penalties;      // [longest + 1], what ln p is divided by at each length
};

struct Found {
    int64_t* count;    // [sentences], hypotheses of each
    int64_t* length;   // [sentences, best], tokens that have a probability
    int64_t* ended;    // [sentences, best], 1 where the last of them is the end
    double* total;     // [sentences, best], ln p
    double* score;     // [sentences, best]
    int64_t* tokens;   // [sentences, best, longest]
    double* logprobs;  // [sentences, best, longest]
    int64_t wrong[2];  // where scores were NaN, infinite or all -inf: row and step of the first; row -1: nowhere
};

}  // namespace sl

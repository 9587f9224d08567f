// What a search, or whoever writes step by step, runs on: one step of a decoder for some rows, behind three functions.
//
// A Step holds packed weights and never changes, so that threads share it; what a row remembers (a cache, a recurrent
// state) is in a session, one for each thread. Python sees a Step as a pointer. A kind of decoder makes one in a file
// of its own: `transformer_step.cpp` is an example.
//
// The rows of a step are hypotheses of one length. Row r goes on from row `parent[r]` of the step before (at the first
// step there is none, and `parent` means nothing), reads `token[r]`, and belongs to sentence `owner[r]` of the memory;
// rows of a sentence stand side by side. Their number may differ from step to step, up to what `open` was told.
#pragma once

#include "team.h"

namespace sl {
namespace {

struct Step {
    const void* self;
    int64_t vocabulary;
    int64_t bytes;  // of the weights that a step reads
    // Return a session for up to `rows` rows and `steps` steps over `memory`, what was read, as this kind of Step has
    // it (null where nothing was). Its products are shared with `team`, which outlives it.
    void* (*open)(const void* self, const void* memory, int64_t rows, int64_t steps, Team* team);
    // Write the logits [rows, vocabulary] of what comes next.
    void (*advance)(void* session, int64_t rows, const int64_t* token, const int64_t* parent, const int64_t* owner,
                    float* logits);
    void (*close)(void* session);
    // Give back the weights.
    void (*free)(Step* step);
};

// A session that Python holds, with a team of its own that is there while a native call runs.
struct Opened {
    Team team;
    void* session;
};

}  // namespace
}  // namespace sl

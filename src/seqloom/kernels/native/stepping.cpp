// The functions of a Step for who writes step by step, without a search.

#include "step.h"

using sl::Opened;
using sl::Step;
using sl::Team;

SL_API void* SL_EXPORT(step_open)(const void* step, const void* memory, int64_t rows, int64_t steps, int64_t threads) {
    const Step& own = *static_cast<const Step*>(step);
    Opened* made = new Opened{Team(threads), nullptr};
    made->session = own.open(own.self, memory, rows, steps, &made->team);
    return made;
}
SL_API void SL_EXPORT(step_advance)(const void* step, void* opened, int64_t rows, const int64_t* token,
                                    const int64_t* parent, const int64_t* owner, float* logits) {
    Opened& own = *static_cast<Opened*>(opened);
    own.team.lead([&] { static_cast<const Step*>(step)->advance(own.session, rows, token, parent, owner, logits); });
}
SL_API void SL_EXPORT(step_close)(const void* step, void* opened) {
    Opened* own = static_cast<Opened*>(opened);
    static_cast<const Step*>(step)->close(own->session);
    delete own;
}
SL_API int64_t SL_EXPORT(step_bytes)(const void* step) { return static_cast<const Step*>(step)->bytes; }
SL_API void SL_EXPORT(step_free)(void* step) { static_cast<Step*>(step)->free(static_cast<Step*>(step)); }

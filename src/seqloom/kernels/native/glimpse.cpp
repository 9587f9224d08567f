// A glance at weights, to notice that somebody wrote into them and told nobody: torch's fused optimizers do.

#include "seqloom.h"

namespace sl {
namespace {
constexpr int64_t LOOKED_AT = 48;  // of each tensor, evenly spread
}  // namespace
}  // namespace sl

// A hash (FNV-1a) of the bits of some elements of each of `count` tensors.
SL_API int64_t SL_EXPORT(glimpse)(const float* const* weights, const int64_t* sizes, int64_t count) {
    using namespace sl;
    uint64_t hash = 1469598103934665603ull;
    for (int64_t one = 0; one < count; one++) {
        const int64_t looks = least(sizes[one], LOOKED_AT);
        for (int64_t look = 0; look < looks; look++) {
            const int64_t place = looks == sizes[one] ? look : look * (sizes[one] - 1) / (looks - 1);
            uint32_t bits;
            memcpy(&bits, weights[one] + place, sizeof bits);
            hash = (hash ^ bits) * 1099511628211ull;
        }
    }
    return static_cast<int64_t>(hash);
}

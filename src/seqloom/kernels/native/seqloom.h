// What every source of the library needs: the level it is compiled for, the names it exports, and buffers.
//
// A source is compiled once for each level (-DSL_LEVEL=avx2 | avx512 | vnni). Everything in the headers stands in
// unnamed namespaces, so that the linker can never take a function of one level for that of another. For the same
// reason no template of the standard library is used in them. Nothing throws: without memory the process ends.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>

#define SL_JOIN_(a, b, c) a##b##_##c
#define SL_JOIN(a, b, c) SL_JOIN_(a, b, c)
// The name under which Python finds a function: SL_EXPORT(scan)(...) is sl_scan_avx512 at level avx512.
#define SL_EXPORT(name) SL_JOIN(sl_, name, SL_LEVEL)
#define SL_API extern "C" __attribute__((visibility("default")))

namespace sl {
namespace {

// Memory on a cache line, given back at the end of its scope; not initialised.
template <class T>
struct Buffer {
    T* data = nullptr;
    int64_t size = 0;

    Buffer() = default;
    explicit Buffer(int64_t count) { make(count); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { free(data); }

    // Make room for `count` elements, forgetting what was there, unless there is room already.
    void make(int64_t count) {
        if (count <= size) return;
        free(data);
        const size_t bytes = (static_cast<size_t>(count) * sizeof(T) + 63) / 64 * 64;
        data = static_cast<T*>(aligned_alloc(64, bytes));
        size = data ? count : 0;
        if (!data) abort();  // as an allocation of torch that fails does not come back either
    }

    // Make all that there is room for 0.
    void clear() {
        if (size) memset(data, 0, static_cast<size_t>(size) * sizeof(T));
    }

    T& operator[](int64_t index) { return data[index]; }
    const T& operator[](int64_t index) const { return data[index]; }
    operator T*() { return data; }
    operator const T*() const { return data; }
};

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

}  // namespace
}  // namespace sl

// A list that grows.
#pragma once

#include "seqloom.h"

namespace sl {
namespace {

// Its elements are plain, so that they may be moved as bytes.
template <class T>
struct List {
    T* held = nullptr;
    int64_t count = 0, room = 0;

    List() = default;
    List(const List&) = delete;
    List& operator=(const List&) = delete;
    ~List() { free(held); }

    void add(const T& one) {
        if (count == room) {
            room = room ? 2 * room : 256;
            held = static_cast<T*>(realloc(held, sizeof(T) * static_cast<size_t>(room)));
            if (!held) abort();
        }
        held[count++] = one;
    }
    const T& operator[](int64_t index) const { return held[index]; }
};

}  // namespace
}  // namespace sl

// Linear recurrences h_t = a_t h_{t-1} + b_t, with the gates of minGRU and minLSTM (Feng et al. 2024,
// arXiv:2410.01201) computed on the way, so that what lies between the product with the input and h is never stored.
//
// The gradient is the same recurrence run backwards: G_t = g_t + a_{t+1} G_{t+1}, from which every gate's follows at
// its own step. A part of the work is a row of the batch, or some of its columns; parts meet nowhere.

#include "parallel.h"
#include "vector.h"

namespace {

using sl::vf;

// A function and no constant: a vector that is made as the library is loaded would run the instructions of every level
// on every processor.
inline vf unit() { return sl::set1(1.0f); }

// What comes in at each step, up to three numbers a column, and their gradients; rows stand `stride` floats apart.
struct Inputs {
    const float* part[3];
    int64_t stride;
};
struct Slopes {
    float* part[3];
};
struct Sizes {
    int64_t batch, time, size, threads;
};

inline vf read(const float* p, int64_t n) { return n == sl::WIDTH ? sl::load(p) : sl::load_part(p, n); }

inline void write(float* p, vf x, int64_t n) {
    if (n == sl::WIDTH)
        sl::store(p, x);
    else
        sl::store_part(p, x, n);
}

// The candidate n of pre-activation x: x itself, or the paper's g, x + 0.5 from zero on and sigmoid(x) below.
template <bool POSITIVE>
inline vf candidate(vf x) {
    return POSITIVE ? sl::less(x, sl::zero(), sl::sigmoid(x), x + sl::set1(0.5f)) : x;
}

template <bool POSITIVE>
inline vf candidate_slope(vf x, vf n) {
    return POSITIVE ? sl::less(x, sl::zero(), n * (unit() - n), unit()) : unit();
}

// a and b as they are given.
struct Given {
    static constexpr int PARTS = 2;

    static vf next(const vf* x, vf h) { return sl::fma(x[0], h, x[1]); }

    // Return a; d = dL/d(a, b), where G = dL/dh and `past` is the h before.
    static vf back(const vf* x, vf past, vf G, vf* d) {
        d[0] = G * past;
        d[1] = G;
        return x[0];
    }
};

// z = sigmoid(x_0), h' = z h + (1 - z) n
template <bool POSITIVE>
struct MinGRU {
    static constexpr int PARTS = 2;

    static vf next(const vf* x, vf h) {
        const vf z = sl::sigmoid(x[0]), n = candidate<POSITIVE>(x[1]);
        return sl::fma(z, h, (unit() - z) * n);
    }

    static vf back(const vf* x, vf past, vf G, vf* d) {
        const vf z = sl::sigmoid(x[0]), n = candidate<POSITIVE>(x[1]);
        d[0] = G * (past - n) * z * (unit() - z);
        d[1] = G * (unit() - z) * candidate_slope<POSITIVE>(x[1], n);
        return z;
    }
};

// f / (f + i) of two sigmoids f and i of x_0 and x_1, from a = e^-x_1 and b = e^-x_0:
// f / (f + i) = (1 + a) / D, i / (f + i) = (1 + b) / D, D = 2 + a + b; all over e^s where a or b would be too large.
struct Shares {
    vf forget, input, one, a, b, D;

    Shares(vf x0, vf x1) {
        const vf least = sl::set1(-1e30f);  // infinities have no difference
        const vf f = sl::max(least, x0), i = sl::max(least, x1);
        const vf most = sl::max(sl::zero() - f, sl::zero() - i);
        one = unit();
        a = sl::zero() - i;
        b = sl::zero() - f;
        if (sl::largest(most) > 80.0f) {
            const vf s = sl::max(sl::zero(), most - sl::set1(80.0f));
            one = sl::exp(sl::zero() - s);
            a = a - s;
            b = b - s;
        }
        a = sl::exp(a);
        b = sl::exp(b);
        D = one + one + a + b;
        forget = (one + a) / D;
        input = (one + b) / D;
    }
};

// h' = f h + i n with f and i normalised
template <bool POSITIVE>
struct MinLSTM {
    static constexpr int PARTS = 3;

    static vf next(const vf* x, vf h) {
        const Shares gates(x[0], x[1]);
        return sl::fma(gates.forget, h, gates.input * candidate<POSITIVE>(x[2]));
    }

    // df/dx_0 = f (1 - f) sigmoid(-x_0) = (1 + a) / D * b / D, and df/dx_1 = -(1 + b) / D * a / D.
    static vf back(const vf* x, vf past, vf G, vf* d) {
        const Shares gates(x[0], x[1]);
        const vf n = candidate<POSITIVE>(x[2]), slope = G * (past - n);
        d[0] = slope * gates.forget * (gates.b / gates.D);
        d[1] = (sl::zero() - slope) * gates.input * (gates.a / gates.D);
        d[2] = G * gates.input * candidate_slope<POSITIVE>(x[2], n);
        return gates.forget;
    }
};

// Call each(row, first column, columns) on all threads. A row is cut in pieces of 64 columns or more where there are
// too few rows for the threads to share.
template <class F>
void shared_out(const Sizes& of, const F& each) {
    int64_t pieces = 1;
    while (of.threads > 1 && of.batch * pieces < 4 * of.threads && of.size / (2 * pieces) >= 64) pieces *= 2;
    const int64_t vectors = (of.size + sl::WIDTH - 1) / sl::WIDTH;
    sl::parallel(of.batch * pieces, of.threads, [&](int64_t part) {
        const int64_t piece = part % pieces;
        const int64_t from = vectors * piece / pieces * sl::WIDTH;
        const int64_t to = sl::least(of.size, vectors * (piece + 1) / pieces * sl::WIDTH);
        each(part / pieces, from, to - from);
    });
}

template <class Gates>
void forward(const Inputs& in, const float* start, float* h, const Sizes& of) {
    shared_out(of, [&](int64_t row, int64_t from, int64_t columns) {
        sl::Buffer<float> state(sl::most(1, columns));
        memcpy(state.data, start + row * of.size + from, static_cast<size_t>(columns) * sizeof(float));
        for (int64_t t = 0; t < of.time; t++) {
            const int64_t step = row * of.time + t;
            for (int64_t j = 0; j < columns; j += sl::WIDTH) {
                const int64_t n = sl::least(sl::WIDTH, columns - j);
                vf x[3];
                for (int k = 0; k < Gates::PARTS; k++) x[k] = read(in.part[k] + step * in.stride + from + j, n);
                const vf next = Gates::next(x, read(state + j, n));
                write(state + j, next, n);
                write(h + step * of.size + from + j, next, n);
            }
        }
    });
}

template <class Gates>
void backward(const Inputs& in, const float* start, const float* h, const float* slope, const Slopes& out,
              float* start_slope, const Sizes& of) {
    shared_out(of, [&](int64_t row, int64_t from, int64_t columns) {
        sl::Buffer<float> carried(sl::most(1, columns));  // a_{t+1} G_{t+1}
        memset(carried.data, 0, static_cast<size_t>(columns) * sizeof(float));
        for (int64_t t = of.time - 1; t >= 0; t--) {
            const int64_t step = row * of.time + t;
            const float* past = t ? h + (step - 1) * of.size : start + row * of.size;
            for (int64_t j = 0; j < columns; j += sl::WIDTH) {
                const int64_t n = sl::least(sl::WIDTH, columns - j), column = from + j;
                vf x[3], d[3];
                for (int k = 0; k < Gates::PARTS; k++) x[k] = read(in.part[k] + step * in.stride + column, n);
                const vf G = read(slope + step * of.size + column, n) + read(carried + j, n);
                const vf a = Gates::back(x, read(past + column, n), G, d);
                write(carried + j, a * G, n);
                for (int k = 0; k < Gates::PARTS; k++) write(out.part[k] + step * in.stride + column, d[k], n);
            }
        }
        memcpy(start_slope + row * of.size + from, carried.data, static_cast<size_t>(columns) * sizeof(float));
    });
}

}  // namespace

// a, b, h [batch, time, size]; start [batch, size].
SL_API void SL_EXPORT(scan_forward)(const float* a, const float* b, const float* start, float* h, int64_t batch,
                                    int64_t time, int64_t size, int64_t threads) {
    forward<Given>({{a, b, nullptr}, size}, start, h, {batch, time, size, threads});
}

SL_API void SL_EXPORT(scan_backward)(const float* a, const float* b, const float* start, const float* h,
                                     const float* slope, float* a_slope, float* b_slope, float* start_slope,
                                     int64_t batch, int64_t time, int64_t size, int64_t threads) {
    backward<Given>({{a, b, nullptr}, size}, start, h, slope, {{a_slope, b_slope, nullptr}}, start_slope,
                    {batch, time, size, threads});
}

// x [batch, time, 2 * size]: z and n before their functions.
SL_API void SL_EXPORT(mingru_forward)(const float* x, const float* start, float* h, int64_t batch, int64_t time,
                                      int64_t size, int64_t positive, int64_t threads) {
    const Inputs in{{x, x + size, nullptr}, 2 * size};
    (positive ? forward<MinGRU<true>> : forward<MinGRU<false>>)(in, start, h, {batch, time, size, threads});
}

SL_API void SL_EXPORT(mingru_backward)(const float* x, const float* start, const float* h, const float* slope,
                                       float* x_slope, float* start_slope, int64_t batch, int64_t time, int64_t size,
                                       int64_t positive, int64_t threads) {
    const Inputs in{{x, x + size, nullptr}, 2 * size};
    const Slopes out{{x_slope, x_slope + size, nullptr}};
    (positive ? backward<MinGRU<true>> : backward<MinGRU<false>>)(in, start, h, slope, out, start_slope,
                                                                  {batch, time, size, threads});
}

// x [batch, time, 3 * size]: f, i and n before their functions.
SL_API void SL_EXPORT(minlstm_forward)(const float* x, const float* start, float* h, int64_t batch, int64_t time,
                                       int64_t size, int64_t positive, int64_t threads) {
    const Inputs in{{x, x + size, x + 2 * size}, 3 * size};
    (positive ? forward<MinLSTM<true>> : forward<MinLSTM<false>>)(in, start, h, {batch, time, size, threads});
}

SL_API void SL_EXPORT(minlstm_backward)(const float* x, const float* start, const float* h, const float* slope,
                                        float* x_slope, float* start_slope, int64_t batch, int64_t time, int64_t size,
                                        int64_t positive, int64_t threads) {
    const Inputs in{{x, x + size, x + 2 * size}, 3 * size};
    const Slopes out{{x_slope, x_slope + size, x_slope + 2 * size}};
    (positive ? backward<MinLSTM<true>> : backward<MinLSTM<false>>)(in, start, h, slope, out, start_slope,
                                                                    {batch, time, size, threads});
}

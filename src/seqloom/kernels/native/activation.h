// The functions between the two layers of a feed-forward part.
#pragma once

#include "vector.h"

namespace sl {
namespace {

// erf x = x P(x^2) / Q(x^2) on [-4, 4], beyond which it is 1 in float32 (the rational form that Eigen and XLA use).
inline vf erf(vf x) {
    x = min(set1(4.0f), max(set1(-4.0f), x));
    const vf z = x * x;
    vf p = set1(-2.72614225801306e-10f);
    p = fma(p, z, set1(2.77068142495902e-08f));
    p = fma(p, z, set1(-2.10102402082508e-06f));
    p = fma(p, z, set1(-5.69250639462346e-05f));
    p = fma(p, z, set1(-7.34990630326855e-04f));
    p = fma(p, z, set1(-2.95459980854025e-03f));
    p = fma(p, z, set1(-1.60960333262415e-02f));
    vf q = set1(-1.45660718464996e-05f);
    q = fma(q, z, set1(-2.13374055278905e-04f));
    q = fma(q, z, set1(-1.68282697438203e-03f));
    q = fma(q, z, set1(-7.37332916720468e-03f));
    q = fma(q, z, set1(-1.42647390514189e-02f));
    return x * p / q;
}

// x (1 + erf(x / sqrt 2)) / 2
inline vf gelu(vf x) { return x * fma(erf(x * set1(0.70710678118654752f)), set1(0.5f), set1(0.5f)); }

inline vf relu(vf x) { return max(zero(), x); }

}  // namespace
}  // namespace sl

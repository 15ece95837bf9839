/* Prints the GFLOP/s of one thread that does nothing but fused multiply-adds on full vectors: twelve independent chains,
   more than the latency of the unit times their number. The best of ten runs, by CPU time. */
#include <stdio.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define TURNS 5000000L
#define RUNS 10
#define ALL_CHAINS(DO) DO(a) DO(b) DO(c) DO(d) DO(e) DO(f) DO(g) DO(h) DO(i) DO(j) DO(k) DO(l)
#define CHAINS 12
#define BEGIN(chain) vector chain = shift;
#define STEP(chain) chain = chain * scale + shift;
#define KEEP(chain) __asm__ volatile("" : : "v"(chain));

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static __attribute__((noinline)) double run(float first, float second) {
    vector scale = first - (vector){0}, shift = second - (vector){0};
    ALL_CHAINS(BEGIN)
    double begun = cpu_seconds();
    for (long turn = 0; turn < TURNS; turn++) {
        ALL_CHAINS(STEP)
        __asm__ volatile("" : "+v"(a), "+v"(b), "+v"(c), "+v"(d), "+v"(e), "+v"(f));
        __asm__ volatile("" : "+v"(g), "+v"(h), "+v"(i), "+v"(j), "+v"(k), "+v"(l));
    }
    double spent = cpu_seconds() - begun;
    ALL_CHAINS(KEEP)
    return 2.0 * LANES * CHAINS * TURNS / spent * 1e-9;
}

int main(void) {
    double best = 0;
    for (int each = 0; each < RUNS; each++) {
        double rate = run(0.999f, 0.001f * (float)(each + 1));
        best = rate > best ? rate : best;
    }
    printf("%.1f\n", best);
    return 0;
}

// C++, lead by lead: xoshiro256++, delays and daily counts by alias tables, schedules by day.
// lead REPLICATIONS SEED VOLUME FILE writes (replications, 8, 12) monthly numbers and (replications, 2) waits as doubles.
// The numbers are those of workload.py.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

constexpr int DAYS = 365;
constexpr double LEADS_A_DAY[2] = {40, 15}, P_SAL[2] = {0.35, 0.5};
constexpr double DECAY = 0.05, P_NURTURE = 0.3, P_BACK = 0.4, P_SQL = 0.6, P_OPPORTUNITY = 0.7, P_WON = 0.25;
enum { BOOKINGS, WON, MQL, NURTURED, SAL, SQL, OPPORTUNITY, LOST, MEASURES };

struct Random {
    uint64_t s[4];
    explicit Random(uint64_t seed) {
        for (auto& word : s) {  // splitmix64
            uint64_t z = seed += 0x9e3779b97f4a7c15;
            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
            z = (z ^ z >> 27) * 0x94d049bb133111eb;
            word = z ^ z >> 31;
        }
    }
    uint64_t word() {
        auto turn = [](uint64_t x, int by) { return x << by | x >> (64 - by); };
        uint64_t result = turn(s[0] + s[3], 23) + s[0], t = s[1] << 17;
        s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t, s[3] = turn(s[3], 45);
        return result;
    }
    double unit() { return double(word() >> 11) * 0x1p-53; }
    double normal() { return std::sqrt(-2 * std::log(1 - unit())) * std::cos(2 * M_PI * unit()); }
};

struct Law {  // Walker's alias table
    int first;
    std::vector<double> keep;
    std::vector<int> other;
    Law(int first, std::vector<double> p) : first(first), keep(p.size(), 1.0), other(p.size(), 0) {
        double sum = 0;
        for (double x : p) sum += x;
        std::vector<int> small, large;
        for (size_t i = 0; i < p.size(); i++) {
            p[i] *= double(p.size()) / sum;
            (p[i] < 1 ? small : large).push_back(int(i));
        }
        while (!small.empty() && !large.empty()) {
            int low = small.back(), high = large.back();
            small.pop_back();
            keep[low] = p[low], other[low] = high;
            p[high] -= 1 - p[low];
            if (p[high] < 1) large.pop_back(), small.push_back(high);
        }
    }
    int draw(Random& random) const {
        double x = random.unit() * double(keep.size());
        int cell = int(x);
        return first + (x - cell < keep[cell] ? cell : other[cell]);
    }
};

Law delay(const std::function<double(double)>& below) {  // whole days 1 ... DAYS, the last holds all that is later
    std::vector<double> p(DAYS);
    double before = 0;
    for (int day = 1; day <= DAYS; day++) {
        double now = day == DAYS ? 1.0 : below(day + 0.5);
        p[day - 1] = now - before, before = now;
    }
    return Law(1, p);
}
Law gamma_days(double mean) {
    return delay([=](double x) { return 1 - std::exp(-2 * x / mean) * (1 + 2 * x / mean); });
}
Law lognormal_days(double median, double sigma) {
    return delay([=](double x) { return 0.5 * std::erfc(-std::log(x / median) / sigma / M_SQRT2); });
}
Law poisson(double mean) {
    int low = std::max(0, int(mean - 10 * std::sqrt(mean) - 10)), high = int(mean + 10 * std::sqrt(mean) + 20);
    std::vector<double> p;
    for (int n = low; n <= high; n++) p.push_back(std::exp(n * std::log(mean) - mean - std::lgamma(n + 1.0)));
    return Law(low, p);
}

struct Simulation {
    int64_t volume;
    Law arrivals[2], to_sal = gamma_days(5), to_sql = gamma_days(10), to_opportunity = gamma_days(12);
    Law nurture = lognormal_days(45, 0.8), closing = lognormal_days(50, 0.6);
    int month[DAYS + 1];
    double chance[2][DAYS];

    explicit Simulation(int64_t volume)
        : volume(volume), arrivals{poisson(LEADS_A_DAY[0] * volume), poisson(LEADS_A_DAY[1] * volume)} {
        int length[13] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 1}, day = 0;
        for (int m = 0; m < 13; m++)
            for (int i = 0; i < length[m]; i++) month[day++] = m;
        for (int c = 0; c < 2; c++)
            for (int w = 0; w < DAYS; w++) chance[c][w] = P_SAL[c] * std::exp(-DECAY * w);
    }

    void play(Random& random, double* monthly, double* waits) const {
        std::vector<int64_t> entered[MEASURES], returning[2], groups(4 * DAYS);  // a group: joined a day together
        for (auto& days : entered) days.assign(DAYS + 1, 0);
        for (auto& days : returning) days.assign(DAYS + 1, 0);
        std::vector<int64_t> opened(DAYS + 1), closed(DAYS + 1);
        auto after = [&](int day, const Law& law) { return std::min(DAYS, day + law.draw(random)); };

        int head = 0;
        double waited = 0, taken = 0;
        for (int day = 0; day < DAYS; day++) {
            for (int c = 0; c < 2; c++) {
                groups[4 * day + c] = returning[c][day];
                groups[4 * day + 2 + c] = arrivals[c].draw(random);
            }
            for (int g = 4 * day; g < 4 * day + 4; g++) entered[MQL][day] += groups[g];
            for (int64_t room = 48 * volume; room > 0 && head < 4 * day + 4;) {
                int64_t count = std::min(room, groups[head]);
                int wait = day - head / 4, c = head & 1;
                for (int64_t i = 0; i < count; i++) {
                    if (random.unit() < chance[c][wait]) {
                        int then = after(day, to_sal);
                        entered[SAL][then]++;
                        then = after(then, to_sql);
                        bool on = random.unit() < P_SQL;
                        entered[on ? SQL : LOST][then]++;
                        if (!on) continue;
                        then = after(then, to_opportunity);
                        entered[random.unit() < P_OPPORTUNITY ? OPPORTUNITY : LOST][then]++;
                    } else if (random.unit() < P_NURTURE) {
                        entered[NURTURED][day]++;
                        int then = after(day, nurture);
                        (random.unit() < P_BACK ? returning[c] : entered[LOST])[then]++;
                    } else {
                        entered[LOST][day]++;
                    }
                }
                waited += double(count) * wait, taken += count, room -= count;
                if ((groups[head] -= count) == 0) head++;
            }
        }
        waits[0] = waited / std::max(taken, 1.0);

        opened = entered[OPPORTUNITY];
        int64_t free = 160 * volume;
        waited = taken = 0;
        for (int day = 0, first = 0; day < DAYS; day++) {
            free += closed[day];
            entered[LOST][day] += closed[day] - entered[WON][day];
            while (free > 0 && first <= day) {
                int64_t count = std::min(free, opened[first]);
                for (int64_t i = 0; i < count; i++) {
                    int then = after(day, closing);
                    closed[then]++, entered[WON][then] += random.unit() < P_WON;
                }
                waited += double(count) * (day - first), taken += count, free -= count;
                if ((opened[first] -= count) == 0) first++;
            }
            for (int64_t i = 0; i < entered[WON][day]; i++)
                monthly[12 * BOOKINGS + month[day]] += 18000 * std::exp(0.9 * random.normal());
        }
        waits[1] = waited / std::max(taken, 1.0);
        for (int m = WON; m < MEASURES; m++)
            for (int day = 0; day < DAYS; day++) monthly[12 * m + month[day]] += double(entered[m][day]);
    }
};

int main(int, char** words) {
    int64_t replications = std::atoll(words[1]), seed = std::atoll(words[2]), volume = std::atoll(words[3]);
    Simulation simulation(volume);
    std::vector<double> monthly(replications * MEASURES * 12), waits(replications * 2);
    for (int64_t r = 0; r < replications; r++) {
        Random random(uint64_t(seed) << 32 | uint64_t(r));
        simulation.play(random, &monthly[r * MEASURES * 12], &waits[r * 2]);
    }
    FILE* file = std::fopen(words[4], "wb");
    std::fwrite(monthly.data(), 8, monthly.size(), file);
    std::fwrite(waits.data(), 8, waits.size(), file);
    return std::fclose(file);
}

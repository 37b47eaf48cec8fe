//! int8 linear layers on CPUs with AVX2; with AVX-512 VNNI or AMX where they have it.
//!
//! A row of the input is brought to 0…127 by its own extremes (per-token quantisation: Yao et
//! al. 2022, "ZeroQuant"), weights to ±64 per output channel. A product of the two needs 14 bits, so
//! that four of them can be added in 16 bits, `4 * 127 * 64 < 2^15`, before they are widened. Few weights are near ±64
//! and both signs occur, so that mostly twelve can be, which is looked up when the weights are packed:
//! nothing saturates, every sum is exact, and a row's result depends on the row alone, whatever
//! is computed with it and on whichever CPU.
//!
//! The value of a row that lies farthest from 0 does not count among the extremes: in
//! all-MiniLM-L6-v2 a single channel often lies four times as far out as all others, which would cost them two bits.
//! What it has beyond the others' range is multiplied in fp32 (the idea of outlier channels: Dettmers et al.
//! 2022, "LLM.int8()", here one per row, so that nothing has to be calibrated).

use tch::{Kind, Tensor};

use crate::error::{Error, Result};

/// Largest quantised weight.
const WEIGHT_END: f32 = 64.0;
/// Largest quantised input.
const INPUT_END: f32 = 127.0;
/// The least span of a row: a constant row stays constant.
const LEAST_SPAN: f32 = 1e-6;
/// Output channels in a panel of packed weights.
const PANEL: usize = 16;
/// Inputs that lie together in a panel.
const GROUP: usize = 4;
/// Rows computed together, so many that their sums fit the registers.
const TILE: usize = 4;
/// Lines of a panel whose products are added in 16 bits where that is exact for any input; two always are.
const RUN: usize = 6;
/// Rows that go through all panels together, so many that they stay in the cache.
const BLOCK: usize = 128;

/// Whether this CPU has what [`Matrix`] needs.
pub fn available() -> bool {
    kernel().is_some()
}

/// How one kind of CPU computes a layer; all give the same numbers.
#[derive(Debug, Clone, Copy)]
struct Kernel {
    /// Brings every row of so many values to 0…127.
    quantise: unsafe fn(&[f32], usize, &mut Quantised),
    /// `[rows, outputs]` from quantised rows.
    product: unsafe fn(&Matrix, &Quantised, &mut [f32]),
}

/// The kernels that this CPU can run, the fastest first.
fn kernels() -> Vec<Kernel> {
    let mut out = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        let mut add = |quantise, product| out.push(Kernel { quantise, product });
        if has!("avx2") && has!("avx512f") && has!("avx512bw") && has!("avx512vnni") {
            if amx::available() {
                add(vnni::quantise, amx::product);
            }
            add(vnni::quantise, vnni::product);
        }
        if has!("avx2") {
            add(avx2::quantise, avx2::product);
        }
    }
    out
}

fn kernel() -> Option<Kernel> {
    kernels().into_iter().next()
}

/// Weights of four inputs for every channel of a panel: `[PANEL][GROUP]`.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line([i8; PANEL * GROUP]);

/// A quantised linear layer.
#[derive(Debug)]
pub struct Matrix {
    inputs: usize,
    outputs: usize,
    /// `[outputs / PANEL][inputs / GROUP]`.
    lines: Vec<Line>,
    /// `[outputs / PANEL][inputs / GROUP / RUN]`: whether the products of these lines can be added in 16 bits. A shorter
    /// run at the end cannot.
    whole_runs: Vec<bool>,
    /// Per channel: the scale of its weights, times the step of the inputs.
    scales: Vec<f32>,
    /// Per channel: the sum of its weights, as they are after quantisation.
    sums: Vec<f32>,
    bias: Vec<f32>,
    kernel: Kernel,
}

/// Rows brought to 0…127; the space is used again.
#[derive(Debug, Default)]
struct Quantised {
    values: Vec<u8>,
    rows: Vec<Row>,
}

/// How a row was brought to 0…127.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// Least value and span of all but the outlier.
    low: f32,
    span: f32,
    /// Where the value farthest from 0 stands.
    outlier: usize,
    /// What it has beyond its quantised value, in steps times the span.
    beyond: f32,
}

impl Row {
    /// `value` is the outlier's, `byte` what it was brought to.
    fn new(low: f32, span: f32, outlier: usize, value: f32, byte: u8) -> Self {
        Row {
            low,
            span,
            outlier,
            beyond: (value - low) * INPUT_END - f32::from(byte) * span,
        }
    }
}

impl Matrix {
    /// Quantises `weight`, `[outputs, inputs]`, and `bias`, `[outputs]`. `outputs` must be a multiple of 16,
    /// `inputs` of 8.
    pub fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let size = weight.size();
        let (outputs, inputs) = (size[0] as usize, size[1] as usize);
        let kernel = kernel().filter(|_| outputs % PANEL == 0 && inputs % (2 * GROUP) == 0);
        let Some(kernel) = kernel else {
            return Err(Error::Other(format!(
                "a layer of {inputs} inputs and {outputs} outputs cannot be computed in int8 here"
            )));
        };
        let weight = weight.f_contiguous()?;
        let weight = floats(&weight)?;
        let mut values = vec![0i8; weight.len()];
        let scales: Vec<f32> = weight
            .chunks_exact(inputs)
            .zip(values.chunks_exact_mut(inputs))
            // SAFETY: there is no kernel for a CPU without AVX2.
            .map(|(row, to)| unsafe { rounded(row, to) })
            .collect();
        let sums = values
            .chunks_exact(inputs)
            .zip(&scales)
            .map(|(row, scale)| row.iter().map(|&v| i32::from(v)).sum::<i32>() as f32 * scale)
            .collect();
        let mut lines = vec![Line([0; PANEL * GROUP]); outputs * inputs / (PANEL * GROUP)];
        for (at, line) in lines.iter_mut().enumerate() {
            let (panel, group) = (at / (inputs / GROUP), at % (inputs / GROUP));
            for (c, part) in line.0.chunks_exact_mut(GROUP).enumerate() {
                let from = (panel * PANEL + c) * inputs + group * GROUP;
                part.copy_from_slice(&values[from..from + GROUP]);
            }
        }
        let whole_runs = lines
            .chunks_exact(inputs / GROUP)
            .flat_map(|panel| panel.chunks(RUN))
            .map(|run| run.len() == RUN && fits(run))
            .collect();
        Ok(Matrix {
            inputs,
            outputs,
            lines,
            whole_runs,
            scales: scales.iter().map(|s| s / INPUT_END).collect(),
            sums,
            bias: Vec::try_from(bias.f_contiguous()?)?,
            kernel,
        })
    }

    /// `[rows, inputs]` to `[rows, outputs]`, both fp32 in main memory.
    pub fn forward(&self, x: &Tensor, space: &mut Space) -> Result<Tensor> {
        let x = x.f_contiguous()?;
        let rows = x.size()[0];
        let mut out = Tensor::f_empty([rows, self.outputs as i64], (Kind::Float, x.device()))?;
        let from = floats(&x)?;
        if from.len() != rows as usize * self.inputs {
            return Err(Error::Other(
                "the input has another width than the layer".into(),
            ));
        }
        let to = floats_mut(&mut out)?;
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `new` has seen that the CPU has what both need, and the slices have the sizes just seen.
        unsafe {
            (self.kernel.quantise)(from, self.inputs, &mut space.0);
            (self.kernel.product)(self, &space.0, to);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (to, space);
        Ok(out)
    }
}

/// Brings a row of weights to ±64, and gives its scale. (AVX2 rounds many at once.)
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2"))]
unsafe fn rounded(row: &[f32], to: &mut [i8]) -> f32 {
    let scale = row.iter().fold(1e-12f32, |m, w| m.max(w.abs())) / WEIGHT_END;
    for (w, to) in row.iter().zip(to) {
        *to = (w / scale).round() as i8;
    }
    scale
}

/// Whether the products of these lines with any inputs can be added in 16 bits: neither the positive
/// weights that meet in one sum nor the negative ones reach beyond.
fn fits(run: &[Line]) -> bool {
    // Two neighbouring inputs of every line go to one sum.
    (0..PANEL * GROUP).step_by(2).all(|at| {
        let reach = |sign: i32| {
            run.iter()
                .flat_map(|line| &line.0[at..at + 2])
                .map(|&w| (sign * i32::from(w)).max(0))
                .sum::<i32>()
        };
        reach(1).max(reach(-1)) * INPUT_END as i32 <= i32::from(i16::MAX)
    })
}

/// Working space of [`Matrix::forward`], one per thread.
#[derive(Debug, Default)]
pub struct Space(Quantised);

/// Rows that go through all panels together, with the place of their results.
#[cfg(target_arch = "x86_64")]
fn blocks<'a>(
    m: &Matrix,
    x: &'a Quantised,
    out: &'a mut [f32],
) -> impl Iterator<Item = (&'a [u8], &'a [Row], &'a mut [f32])> {
    x.values
        .chunks(BLOCK * m.inputs)
        .zip(x.rows.chunks(BLOCK))
        .zip(out.chunks_mut(BLOCK * m.outputs))
        .map(|((values, rows), out)| (values, rows, out))
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::*;

    /// Brings every row of `x` to 0…127.
    #[target_feature(enable = "avx2")]
    pub unsafe fn quantise(x: &[f32], width: usize, out: &mut Quantised) {
        out.values.resize(x.len(), 0);
        out.rows.clear();
        for (row, to) in x
            .chunks_exact(width)
            .zip(out.values.chunks_exact_mut(width))
        {
            let outlier = farthest(row);
            let mut low = _mm256_set1_ps(f32::INFINITY);
            let mut high = _mm256_set1_ps(f32::NEG_INFINITY);
            let mut rest = (f32::INFINITY, f32::NEG_INFINITY);
            for (i, part) in row.chunks_exact(8).enumerate() {
                if i == outlier / 8 {
                    for (_, &v) in part.iter().enumerate().filter(|(j, _)| *j != outlier % 8) {
                        rest = (rest.0.min(v), rest.1.max(v));
                    }
                    continue;
                }
                let v = _mm256_loadu_ps(part.as_ptr());
                low = _mm256_min_ps(low, v);
                high = _mm256_max_ps(high, v);
            }
            let low = lanes(low).into_iter().fold(rest.0, f32::min);
            let high = lanes(high).into_iter().fold(rest.1, f32::max);
            let span = (high - low).max(LEAST_SPAN);
            let (lows, factor) = (_mm256_set1_ps(low), _mm256_set1_ps(INPUT_END / span));
            let steps = |part: &[f32]| {
                let v = _mm256_sub_ps(_mm256_loadu_ps(part.as_ptr()), lows);
                _mm256_cvtps_epi32(_mm256_mul_ps(v, factor))
            };
            let (zero, end) = (_mm256_setzero_si256(), _mm256_set1_epi16(INPUT_END as i16));
            // To 16 bits, then to 8, with saturation, within each half; then the groups of four are put in order.
            let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            let bytes = |a, b, c, d| {
                let low = _mm256_min_epi16(_mm256_packs_epi32(a, b), end);
                let high = _mm256_min_epi16(_mm256_packs_epi32(c, d), end);
                _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order)
            };
            let whole = width - width % 32;
            for (part, to) in row[..whole].chunks_exact(32).zip(to.chunks_exact_mut(32)) {
                let v = [0, 8, 16, 24].map(|i| steps(&part[i..i + 8]));
                let v = bytes(v[0], v[1], v[2], v[3]);
                _mm256_storeu_si256(to.as_mut_ptr().cast(), v);
            }
            for (part, to) in row[whole..]
                .chunks_exact(8)
                .zip(to[whole..].chunks_exact_mut(8))
            {
                let v = _mm256_castsi256_si128(bytes(steps(part), zero, zero, zero));
                _mm_storel_epi64(to.as_mut_ptr().cast(), v);
            }
            out.rows
                .push(Row::new(low, span, outlier, row[outlier], to[outlier]));
        }
    }

    /// Where the value farthest from 0 stands.
    #[target_feature(enable = "avx2")]
    unsafe fn farthest(row: &[f32]) -> usize {
        let sign = _mm256_set1_ps(-0.0);
        let far = |part: &[f32]| _mm256_andnot_ps(sign, _mm256_loadu_ps(part.as_ptr()));
        let mut most = _mm256_setzero_ps();
        for part in row.chunks_exact(8) {
            most = _mm256_max_ps(most, far(part));
        }
        let most = _mm256_set1_ps(lanes(most).into_iter().fold(0.0, f32::max));
        for (i, part) in row.chunks_exact(8).enumerate() {
            let same = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(far(part), most));
            if same != 0 {
                return i * 8 + same.trailing_zeros() as usize;
            }
        }
        0
    }

    #[target_feature(enable = "avx2")]
    unsafe fn lanes(v: __m256) -> [f32; 8] {
        let mut out = [0f32; 8];
        _mm256_storeu_ps(out.as_mut_ptr(), v);
        out
    }

    /// The layer's output for quantised rows, row-major.
    #[target_feature(enable = "avx2")]
    pub unsafe fn product(m: &Matrix, x: &Quantised, out: &mut [f32]) {
        for (values, rows, out) in blocks(m, x, out) {
            let depth = m.inputs / GROUP;
            for (p, panel) in m.lines.chunks_exact(depth).enumerate() {
                let mut r = 0;
                while r + TILE <= rows.len() {
                    tile::<TILE>(m, p, panel, values, rows, r, out);
                    r += TILE;
                }
                while r < rows.len() {
                    tile::<1>(m, p, panel, values, rows, r, out);
                    r += 1;
                }
            }
        }
    }

    /// Sums of `R` rows for the two halves of a panel.
    type Sums<const R: usize> = [[__m256i; 2]; R];

    /// Adds the products of `N` lines with `R` rows, which stand `width` bytes apart, in 16 bits, and what
    /// that gives to `sums`.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn add<const R: usize, const N: usize>(
        lines: *const Line,
        from: *const u8,
        width: usize,
        sums: &mut Sums<R>,
    ) {
        if N == RUN {
            if let Ok(tile) = <&mut Sums<TILE>>::try_from(sums.as_mut_slice()) {
                return add_run(lines, from, width, tile);
            }
        }
        let ones = _mm256_set1_epi16(1);
        let mut narrow = [[_mm256_setzero_si256(); 2]; R];
        for i in 0..N {
            let line = lines.add(i).cast::<__m256i>();
            let w = [0, 1].map(|c| _mm256_load_si256(line.add(c)));
            for (r, narrow) in narrow.iter_mut().enumerate() {
                let x = from.add(r * width + i * GROUP).cast::<i32>();
                let x = _mm256_set1_epi32(x.read_unaligned());
                for (sum, w) in narrow.iter_mut().zip(w) {
                    *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(x, w));
                }
            }
        }
        for (sums, narrow) in sums.iter_mut().zip(narrow) {
            for (sum, narrow) in sums.iter_mut().zip(narrow) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(narrow, ones));
            }
        }
    }

    /// What [`add`] does for a whole run and a whole tile. Written out, since the compiler keeps the wrong half of
    /// the sums in registers: a fifth slower.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn add_run(lines: *const Line, from: *const u8, width: usize, sums: &mut Sums<TILE>) {
        /// Weights of a line to ymm8 and ymm9.
        macro_rules! weights {
            ($line:literal) => {
                concat!(
                    "vmovdqa ymm8, [{lines} + 64*",
                    $line,
                    "]\n",
                    "vmovdqa ymm9, [{lines} + 64*",
                    $line,
                    " + 32]\n"
                )
            };
        }
        /// Products of the inputs of a row for a line.
        macro_rules! products {
            ($row:literal, $line:literal, $low:literal, $high:literal) => {
                concat!(
                    "vpbroadcastd ymm10, [{",
                    $row,
                    "} + 4*",
                    $line,
                    "]\n",
                    "vpmaddubsw ymm",
                    $low,
                    ", ymm10, ymm8\n",
                    "vpmaddubsw ymm",
                    $high,
                    ", ymm10, ymm9\n"
                )
            };
        }
        macro_rules! first {
            () => {
                concat!(
                    weights!("0"),
                    products!("a", "0", "0", "1"),
                    products!("b", "0", "2", "3"),
                    products!("c", "0", "4", "5"),
                    products!("d", "0", "6", "7")
                )
            };
        }
        /// The same, added to the products of the lines before.
        macro_rules! more {
            ($row:literal, $line:literal, $low:literal, $high:literal) => {
                concat!(
                    products!($row, $line, "11", "12"),
                    "vpaddw ymm",
                    $low,
                    ", ymm",
                    $low,
                    ", ymm11\n",
                    "vpaddw ymm",
                    $high,
                    ", ymm",
                    $high,
                    ", ymm12\n"
                )
            };
        }
        macro_rules! line {
            ($line:literal) => {
                concat!(
                    weights!($line),
                    more!("a", $line, "0", "1"),
                    more!("b", $line, "2", "3"),
                    more!("c", $line, "4", "5"),
                    more!("d", $line, "6", "7")
                )
            };
        }
        macro_rules! widen {
            ($($at:literal)*) => {
                concat!(
                    "vpcmpeqd ymm13, ymm13, ymm13\n", // all bits
                    "vpsrlw ymm13, ymm13, 15\n",      // 16 ones
                    $(
                        "vpmaddwd ymm", $at, ", ymm", $at, ", ymm13\n",
                        "vpaddd ymm", $at, ", ymm", $at, ", [{sums} + 32*", $at, "]\n",
                        "vmovdqa [{sums} + 32*", $at, "], ymm", $at, "\n",
                    )*
                )
            };
        }
        const { assert!(RUN == 6 && TILE == 4 && GROUP == 4 && PANEL == 16) };
        std::arch::asm!(
            first!(),
            line!("1"),
            line!("2"),
            line!("3"),
            line!("4"),
            line!("5"),
            widen!("0" "1" "2" "3" "4" "5" "6" "7"),
            lines = in(reg) lines,
            a = in(reg) from,
            b = in(reg) from.add(width),
            c = in(reg) from.add(2 * width),
            d = in(reg) from.add(3 * width),
            sums = in(reg) sums.as_mut_ptr(),
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _,
            options(nostack),
        );
    }

    /// `R` rows from `row` on, for one panel.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn tile<const R: usize>(
        m: &Matrix,
        p: usize,
        panel: &[Line],
        values: &[u8],
        rows: &[Row],
        row: usize,
        out: &mut [f32],
    ) {
        let mut sums: Sums<R> = [[_mm256_setzero_si256(); 2]; R];
        let mut from = values[row * m.inputs..(row + R) * m.inputs].as_ptr();
        let runs = m.inputs.div_ceil(RUN * GROUP);
        let whole = &m.whole_runs[p * runs..(p + 1) * runs];
        for (run, whole) in panel.chunks(RUN).zip(whole) {
            if *whole {
                add::<R, RUN>(run.as_ptr(), from, m.inputs, &mut sums);
            } else {
                for (i, two) in run.chunks_exact(2).enumerate() {
                    add::<R, 2>(two.as_ptr(), from.add(2 * i * GROUP), m.inputs, &mut sums);
                }
            }
            from = from.wrapping_add(RUN * GROUP);
        }
        for c in 0..2 {
            let channel = p * PANEL + c * 8;
            let load = |v: &[f32]| _mm256_loadu_ps(v[channel..channel + 8].as_ptr());
            let (scale, weights, bias) = (load(&m.scales), load(&m.sums), load(&m.bias));
            for (r, sums) in sums.iter().enumerate() {
                let x = &rows[row + r];
                // The outlier's weight for eight channels, from one byte of four each.
                let at = panel[x.outlier / GROUP].0[c * 32..].as_ptr().cast();
                let up = _mm_cvtsi32_si128(24 - 8 * (x.outlier % GROUP) as i32);
                let weight = _mm256_sll_epi32(_mm256_load_si256(at), up);
                let weight = _mm256_cvtepi32_ps(_mm256_srai_epi32::<24>(weight));
                let sum = _mm256_add_ps(
                    _mm256_mul_ps(_mm256_cvtepi32_ps(sums[c]), _mm256_set1_ps(x.span)),
                    _mm256_mul_ps(weight, _mm256_set1_ps(x.beyond)),
                );
                let offset = _mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(x.low), weights), bias);
                let y = _mm256_add_ps(_mm256_mul_ps(sum, scale), offset);
                let to = &mut out[(row + r) * m.outputs + channel..][..8];
                _mm256_storeu_ps(to.as_mut_ptr(), y);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    //! One instruction multiplies and adds what takes five in AVX2. Its sums are 32 bits wide, so they are exact too.

    use std::arch::x86_64::*;

    use super::*;

    /// Brings every row of `x` to 0…127.
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    pub unsafe fn quantise(x: &[f32], width: usize, out: &mut Quantised) {
        const WIDE: usize = 16;
        // The last part of a row may be shorter.
        let lanes = |part: &[f32]| 0xffffu16 >> (WIDE - part.len());
        let load = |part: &[f32]| _mm512_maskz_loadu_ps(lanes(part), part.as_ptr());
        out.values.resize(x.len(), 0);
        out.rows.clear();
        for (row, to) in x
            .chunks_exact(width)
            .zip(out.values.chunks_exact_mut(width))
        {
            let mut most = _mm512_setzero_ps();
            for part in row.chunks(WIDE) {
                most = _mm512_max_ps(most, _mm512_abs_ps(load(part)));
            }
            let most = _mm512_set1_ps(_mm512_reduce_max_ps(most));
            let mut outlier = 0;
            for (i, part) in row.chunks(WIDE).enumerate() {
                let v = _mm512_abs_ps(load(part));
                let same = _mm512_mask_cmp_ps_mask::<_CMP_EQ_OQ>(lanes(part), v, most);
                if same != 0 {
                    outlier = i * WIDE + same.trailing_zeros() as usize;
                    break;
                }
            }
            let mut low = _mm512_set1_ps(f32::INFINITY);
            let mut high = _mm512_set1_ps(f32::NEG_INFINITY);
            for (i, part) in row.chunks(WIDE).enumerate() {
                let mut counted = lanes(part);
                if i == outlier / WIDE {
                    counted &= !(1 << (outlier % WIDE));
                }
                let v = load(part);
                low = _mm512_mask_min_ps(low, counted, low, v);
                high = _mm512_mask_max_ps(high, counted, high, v);
            }
            let low = _mm512_reduce_min_ps(low);
            let span = (_mm512_reduce_max_ps(high) - low).max(LEAST_SPAN);
            let (lows, factor) = (_mm512_set1_ps(low), _mm512_set1_ps(INPUT_END / span));
            let (zero, end) = (_mm512_setzero_si512(), _mm512_set1_epi32(INPUT_END as i32));
            for (part, to) in row.chunks(WIDE).zip(to.chunks_mut(WIDE)) {
                let v = _mm512_mul_ps(_mm512_sub_ps(load(part), lows), factor);
                let v = _mm512_cvtps_epi32(v);
                let v = _mm512_min_epi32(_mm512_max_epi32(v, zero), end);
                _mm512_mask_cvtepi32_storeu_epi8(to.as_mut_ptr().cast(), lanes(part), v);
            }
            out.rows
                .push(Row::new(low, span, outlier, row[outlier], to[outlier]));
        }
    }

    /// Rows and panels computed together: 16 sums, enough to hide the time that one product takes.
    const TILE: usize = 8;
    const PANELS: usize = 2;

    /// The layer's output for quantised rows, row-major.
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    pub unsafe fn product(m: &Matrix, x: &Quantised, out: &mut [f32]) {
        for (values, rows, out) in blocks(m, x, out) {
            from(m, values, rows, 0, out);
        }
    }

    /// The rows of a block from `first` on.
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    pub unsafe fn from(m: &Matrix, values: &[u8], rows: &[Row], first: usize, out: &mut [f32]) {
        let depth = m.inputs / GROUP;
        for (p, panels) in m.lines.chunks(PANELS * depth).enumerate() {
            let p = p * PANELS;
            let mut r = first;
            if panels.len() == PANELS * depth {
                while r + TILE <= rows.len() {
                    tile::<TILE, PANELS>(m, p, panels, values, rows, r, out);
                    r += TILE;
                }
                while r < rows.len() {
                    tile::<1, PANELS>(m, p, panels, values, rows, r, out);
                    r += 1;
                }
            } else {
                for r in first..rows.len() {
                    tile::<1, 1>(m, p, panels, values, rows, r, out);
                }
            }
        }
    }

    /// `R` rows from `row` on, for `P` panels from the `p`-th on.
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    #[inline]
    unsafe fn tile<const R: usize, const P: usize>(
        m: &Matrix,
        p: usize,
        panels: &[Line],
        values: &[u8],
        rows: &[Row],
        row: usize,
        out: &mut [f32],
    ) {
        let depth = m.inputs / GROUP;
        let mut sums = [[_mm512_setzero_si512(); P]; R];
        let from = values[row * m.inputs..(row + R) * m.inputs].as_ptr();
        let lines: [_; P] = std::array::from_fn(|c| panels[c * depth..(c + 1) * depth].as_ptr());
        for i in 0..depth {
            let w = lines.map(|line| _mm512_load_si512(line.add(i).cast()));
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = from.add(r * m.inputs + i * GROUP).cast::<i32>();
                let x = _mm512_set1_epi32(x.read_unaligned());
                for (sum, w) in sums.iter_mut().zip(w) {
                    *sum = _mm512_dpbusd_epi32(*sum, x, w);
                }
            }
        }
        for (c, line) in lines.into_iter().enumerate() {
            for (r, sums) in sums.iter().enumerate() {
                finish(m, p + c, line, &rows[row + r], row + r, sums[c], out);
            }
        }
    }

    /// From the sums of a row with the weights of panel `p`, whose lines start at `panel`, to the layer's output.
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    #[inline]
    pub unsafe fn finish(
        m: &Matrix,
        p: usize,
        panel: *const Line,
        x: &Row,
        row: usize,
        sum: __m512i,
        out: &mut [f32],
    ) {
        let channel = p * PANEL;
        let load = |v: &[f32]| _mm512_loadu_ps(v[channel..channel + PANEL].as_ptr());
        let (scale, weights, bias) = (load(&m.scales), load(&m.sums), load(&m.bias));
        // The outlier's weight for every channel, from one byte of four each.
        let up = _mm_cvtsi32_si128(24 - 8 * (x.outlier % GROUP) as i32);
        let line = _mm512_load_si512(panel.add(x.outlier / GROUP).cast());
        let weight = _mm512_srai_epi32::<24>(_mm512_sll_epi32(line, up));
        let weight = _mm512_cvtepi32_ps(weight);
        let sum = _mm512_add_ps(
            _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(x.span)),
            _mm512_mul_ps(weight, _mm512_set1_ps(x.beyond)),
        );
        let offset = _mm512_add_ps(_mm512_mul_ps(_mm512_set1_ps(x.low), weights), bias);
        let y = _mm512_add_ps(_mm512_mul_ps(sum, scale), offset);
        let to = &mut out[row * m.outputs + channel..][..PANEL];
        _mm512_storeu_ps(to.as_mut_ptr(), y);
    }
}

#[cfg(target_arch = "x86_64")]
mod amx {
    //! One instruction multiplies 16 rows of 64 inputs with the weights of a panel for them: 16 thousand products.
    //! The tiles hold the weights just as they lie in a panel, and the sums are 32 bits wide and exact.

    use std::arch::asm;
    use std::arch::x86_64::*;
    use std::sync::OnceLock;

    use super::*;

    /// Rows of a tile.
    const ROWS: usize = 16;
    /// Inputs of a tile.
    const DEPTH: usize = 64;

    /// Whether the CPU has the tiles and the system lets this process use them (Linux wants to be asked).
    pub fn available() -> bool {
        static AVAILABLE: OnceLock<bool> = OnceLock::new();
        *AVAILABLE.get_or_init(|| {
            const TILE: u32 = 1 << 24;
            const INT8: u32 = 1 << 25;
            // SAFETY: every CPU of this architecture that has AVX-512 knows this leaf.
            #[allow(unused_unsafe)] // Rust before 1.94 wants it.
            let has = unsafe { __cpuid_count(7, 0).edx };
            has & TILE != 0 && has & INT8 != 0 && permitted()
        })
    }

    #[cfg(target_os = "linux")]
    fn permitted() -> bool {
        const REQUEST: i64 = 0x1023;
        const TILE_DATA: i64 = 18;
        // SAFETY: asks for a permission; touches no memory.
        unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST, TILE_DATA) == 0 }
    }

    #[cfg(not(target_os = "linux"))]
    fn permitted() -> bool {
        false
    }

    /// Every tile has 16 rows of 64 bytes.
    #[repr(C, align(64))]
    struct Shapes {
        palette: u8,
        start: u8,
        reserved: [u8; 14],
        bytes: [u16; 16],
        rows: [u8; 16],
    }

    const SHAPES: Shapes = {
        let (mut bytes, mut rows) = ([0; 16], [0; 16]);
        let mut tile = 0;
        while tile < 8 {
            bytes[tile] = DEPTH as u16;
            rows[tile] = ROWS as u8;
            tile += 1;
        }
        Shapes {
            palette: 1,
            start: 0,
            reserved: [0; 14],
            bytes,
            rows,
        }
    };

    /// Sums of two tiles of rows with two panels.
    #[repr(align(64))]
    struct Sums([[[i32; PANEL]; ROWS]; 4]);

    /// The layer's output for quantised rows, row-major.
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    pub unsafe fn product(m: &Matrix, x: &Quantised, out: &mut [f32]) {
        if !m.inputs.is_multiple_of(DEPTH) || !m.outputs.is_multiple_of(2 * PANEL) {
            return vnni::product(m, x, out);
        }
        asm!("ldtilecfg [{}]", in(reg) &SHAPES, options(nostack, readonly));
        let depth = m.inputs / GROUP;
        for (values, rows, out) in blocks(m, x, out) {
            let whole = rows.len() - rows.len() % (2 * ROWS);
            for (p, panels) in m.lines.chunks_exact(2 * depth).enumerate() {
                for r in (0..whole).step_by(2 * ROWS) {
                    let (first, second) = (panels.as_ptr(), panels[depth..].as_ptr());
                    let sums = sums(m.inputs, &values[r * m.inputs..], first, second);
                    for (tile, sums) in sums.0.iter().enumerate() {
                        let panel = if tile % 2 == 0 { first } else { second };
                        for (i, sum) in sums.iter().enumerate() {
                            let row = r + tile / 2 * ROWS + i;
                            let sum = _mm512_load_si512(sum.as_ptr().cast());
                            vnni::finish(m, 2 * p + tile % 2, panel, &rows[row], row, sum, out);
                        }
                    }
                }
            }
            vnni::from(m, values, rows, whole, out);
        }
        asm!("tilerelease", options(nomem, nostack));
    }

    /// Sums of the first 32 rows of `values` with two panels.
    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    unsafe fn sums(inputs: usize, values: &[u8], first: *const Line, second: *const Line) -> Sums {
        let mut sums = std::mem::MaybeUninit::<Sums>::uninit();
        let above = values[..2 * ROWS * inputs].as_ptr();
        let below = above.add(ROWS * inputs);
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "2:",
            "tileloadd tmm4, [{above} + {inputs}*1]",
            "tileloadd tmm6, [{first} + {line}*1]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{second} + {line}*1]",
            "tdpbusd tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{below} + {inputs}*1]",
            "tdpbusd tmm2, tmm5, tmm6",
            "tdpbusd tmm3, tmm5, tmm7",
            "add {above}, 64",
            "add {below}, 64",
            "add {first}, 1024",
            "add {second}, 1024",
            "dec {steps}",
            "jnz 2b",
            "tilestored [{sums} + {line}*1], tmm0",
            "tilestored [{sums} + {line}*1 + 1024], tmm1",
            "tilestored [{sums} + {line}*1 + 2048], tmm2",
            "tilestored [{sums} + {line}*1 + 3072], tmm3",
            above = inout(reg) above => _,
            below = inout(reg) below => _,
            first = inout(reg) first => _,
            second = inout(reg) second => _,
            steps = inout(reg) inputs / DEPTH => _,
            inputs = in(reg) inputs,
            line = in(reg) 64usize,
            sums = in(reg) sums.as_mut_ptr(),
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
        sums.assume_init()
    }
}

fn check(t: &Tensor) -> Result<usize> {
    if t.kind() != Kind::Float || t.device() != tch::Device::Cpu || !t.is_contiguous() {
        return Err(Error::Other(
            "int8 works on plain fp32 rows in memory".into(),
        ));
    }
    Ok(t.numel())
}

fn floats(t: &Tensor) -> Result<&[f32]> {
    let n = check(t)?;
    // SAFETY: the tensor holds `n` contiguous f32 in main memory and outlives the slice.
    Ok(unsafe { std::slice::from_raw_parts(t.data_ptr().cast::<f32>(), n) })
}

fn floats_mut(t: &mut Tensor) -> Result<&mut [f32]> {
    let n = check(t)?;
    // SAFETY: as in `floats`; the tensor was just made, nobody else holds its memory.
    Ok(unsafe { std::slice::from_raw_parts_mut(t.data_ptr().cast::<f32>(), n) })
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same layer, written for reading.
    fn plain(weight: &[Vec<f32>], bias: &[f32], x: &[f32]) -> Vec<f32> {
        let most = x.iter().fold(0f32, |m, v| m.max(v.abs()));
        let outlier = x.iter().position(|v| v.abs() == most).unwrap();
        let others = || {
            x.iter()
                .enumerate()
                .filter(|(i, _)| *i != outlier)
                .map(|(_, &v)| v)
        };
        let low = others().fold(f32::INFINITY, f32::min);
        let span = (others().fold(f32::NEG_INFINITY, f32::max) - low).max(LEAST_SPAN);
        let factor = INPUT_END / span;
        let q: Vec<i32> = x
            .iter()
            .map(|v| ((v - low) * factor).round_ties_even().clamp(0.0, INPUT_END) as i32)
            .collect();
        let beyond = (x[outlier] - low) * INPUT_END - q[outlier] as f32 * span;
        weight
            .iter()
            .zip(bias)
            .map(|(row, b)| {
                let scale = row.iter().fold(1e-12f32, |m, w| m.max(w.abs())) / WEIGHT_END;
                let w: Vec<i32> = row.iter().map(|w| (w / scale).round() as i32).collect();
                let sum: i32 = w.iter().zip(&q).map(|(w, q)| w * q).sum();
                let all = w.iter().sum::<i32>() as f32 * scale;
                let sum = sum as f32 * span + w[outlier] as f32 * beyond;
                sum * (scale / INPUT_END) + (low * all + b)
            })
            .collect()
    }

    fn row(width: usize) -> impl Strategy<Value = Vec<f32>> {
        proptest::collection::vec(
            prop_oneof![8 => -4f32..4.0, 1 => Just(0.0), 1 => Just(4.0), 1 => Just(-40.0)],
            width,
        )
    }

    /// Weights, bias and fewer than `rows` inputs of a layer.
    fn layer(
        inputs: usize,
        outputs: usize,
        rows: usize,
    ) -> impl Strategy<Value = (Vec<Vec<f32>>, Vec<f32>, Vec<Vec<f32>>)> {
        (
            proptest::collection::vec(row(inputs), outputs),
            row(outputs),
            proptest::collection::vec(row(inputs), 1..rows),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn every_row_is_the_plain_sum_to_the_last_bit(
            (weight, bias, x) in prop_oneof![layer(24, 48, 19), layer(128, 64, 80)],
        ) {
            let (inputs, outputs) = (weight[0].len() as i64, weight.len());
            for kernel in kernels() {
                let mut matrix = Matrix::new(
                    &Tensor::from_slice(&weight.concat()).view([-1, inputs]),
                    &Tensor::from_slice(&bias),
                ).unwrap();
                matrix.kernel = kernel;
                let rows = Tensor::from_slice(&x.concat()).view([-1, inputs]);
                let y = matrix.forward(&rows, &mut Space::default()).unwrap();
                let y = Vec::<f32>::try_from(y.view(-1)).unwrap();
                for (x, y) in x.iter().zip(y.chunks_exact(outputs)) {
                    prop_assert_eq!(plain(&weight, &bias, x), y);
                }
            }
        }
    }

    #[test]
    fn the_largest_sums_do_not_saturate() {
        if !available() {
            return;
        }
        // One zero, so that all other inputs become 127 (the first of them as outlier); all weights become 64.
        let mut x = vec![1f32; 1536];
        x[7] = 0.0;
        let mut matrix = Matrix::new(
            &Tensor::ones([16, 1536], (Kind::Float, tch::Device::Cpu)),
            &Tensor::zeros([16], (Kind::Float, tch::Device::Cpu)),
        )
        .unwrap();
        for kernel in kernels() {
            matrix.kernel = kernel;
            let y = matrix
                .forward(&Tensor::from_slice(&x).view([1, -1]), &mut Space::default())
                .unwrap();
            for v in Vec::<f32>::try_from(y.view(-1)).unwrap() {
                assert!((v - 1535.0).abs() < 0.01, "{v}");
            }
        }
    }

    #[test]
    fn a_run_is_added_in_16_bits_only_where_no_input_could_overflow_it() {
        // 258 times 127 is the most that fits; weights of both signs do not add up.
        let run = |weights: &[i8]| {
            let mut lines = [Line([0; PANEL * GROUP]); RUN];
            for (i, &w) in weights.iter().enumerate() {
                lines[i / 2].0[6 + i % 2] = w;
            }
            lines
        };
        assert!(fits(&run(&[64, 64, 64, 64, 2])));
        assert!(!fits(&run(&[64, 64, 64, 64, 2, 1])));
        assert!(!fits(&run(&[-64, -64, -64, -64, -3])));
        assert!(fits(&run(&[64, -64, 64, -64, 64, -64, 64, -64])));
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let t = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, tch::Device::Cpu));
        assert!(Matrix::new(&t(&[3, 384]), &t(&[3])).is_err());
        if available() {
            let matrix = Matrix::new(&t(&[16, 8]), &t(&[16])).unwrap();
            assert!(matrix.forward(&t(&[2, 16]), &mut Space::default()).is_err());
        }
    }
}

// Matrix products. The right factor is packed in panels of 8 columns, [n / 8][k][8]; n is a multiple of 8.
// Every element of the result is one sum over k in ascending order, whatever m is: a row's bits do not
// depend on the rows beside it.

/** Packs w [k][n] into panels. */
export function packPanels(w: usize, k: i32, n: i32, out: usize): void {
  for (let j = 0; j < n; j += 8) {
    for (let i = 0; i < k; i++) {
      const from = w + ((<usize>(i * n + j)) << 2);
      v128.store(out, v128.load(from));
      v128.store(out, v128.load(from, 16), 16);
      out += 32;
    }
  }
}

/** Packs the transpose of w [k][n], an n x k matrix, into panels; k is a multiple of 8. */
export function packPanelsTransposed(w: usize, k: i32, n: i32, out: usize): void {
  for (let j = 0; j < k; j += 8) {
    for (let i = 0; i < n; i++) {
      for (let lane = 0; lane < 8; lane++) {
        store<f32>(out + (<usize>lane << 2), load<f32>(w + (<usize>((j + lane) * n + i) << 2)));
      }
      out += 32;
    }
  }
}

/** out [columns][rows] = transpose of a [rows][columns]; columns is a multiple of 4. */
export function transpose(a: usize, rows: i32, columns: i32, out: usize): void {
  const stride = <usize>rows << 2;
  for (let r = 0; r < rows; r++) {
    let to = out + (<usize>r << 2);
    for (let c = 0; c < columns; c += 4) {
      const v = v128.load(a);
      f32.store(to, f32x4.extract_lane(v, 0));
      f32.store(to + stride, f32x4.extract_lane(v, 1));
      f32.store(to + 2 * stride, f32x4.extract_lane(v, 2));
      f32.store(to + 3 * stride, f32x4.extract_lane(v, 3));
      to += 4 * stride;
      a += 16;
    }
  }
}

/** c [m][n] = a [m][k] * packed b, or with `accumulate` c += a * b. Writes m rows, no more. */
export function gemm(a: usize, b: usize, c: usize, m: i32, k: i32, n: i32, accumulate: i32): void {
  // The rows of a that one sweep over all panels reads should stay in the first-level cache.
  const block = k <= 64 ? 64 : 32;
  for (let start = 0; start < m; start += block) {
    const end = min(m, start + block);
    for (let j = 0; j < n; j += 8) {
      const panel = b + (<usize>(j * k) << 2);
      let i = start;
      for (; i + 4 <= end; i += 4) {
        tile4(a + (<usize>(i * k) << 2), panel, c + (<usize>(i * n + j) << 2), k, n, accumulate);
      }
      for (; i < end; i++) {
        tile1(a + (<usize>(i * k) << 2), panel, c + (<usize>(i * n + j) << 2), k, accumulate);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function tile4(a: usize, b: usize, c: usize, k: i32, n: i32, accumulate: i32): void {
  const lda = <usize>k << 2;
  const ldc = <usize>n << 2;
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let a0 = a;
  let a1 = a + lda;
  let a2 = a1 + lda;
  let a3 = a2 + lda;
  const last = a + lda;
  while (a0 < last) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load32_splat(a0);
    c00 = f32x4.add(c00, f32x4.mul(s, b0));
    c01 = f32x4.add(c01, f32x4.mul(s, b1));
    s = v128.load32_splat(a1);
    c10 = f32x4.add(c10, f32x4.mul(s, b0));
    c11 = f32x4.add(c11, f32x4.mul(s, b1));
    s = v128.load32_splat(a2);
    c20 = f32x4.add(c20, f32x4.mul(s, b0));
    c21 = f32x4.add(c21, f32x4.mul(s, b1));
    s = v128.load32_splat(a3);
    c30 = f32x4.add(c30, f32x4.mul(s, b0));
    c31 = f32x4.add(c31, f32x4.mul(s, b1));
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += 32;
  }
  finish(c, c00, c01, accumulate);
  finish(c + ldc, c10, c11, accumulate);
  finish(c + 2 * ldc, c20, c21, accumulate);
  finish(c + 3 * ldc, c30, c31, accumulate);
}

// @ts-ignore: decorator
@inline
function tile1(a: usize, b: usize, c: usize, k: i32, accumulate: i32): void {
  let c0 = f32x4.splat(0);
  let c1 = c0;
  const last = a + (<usize>k << 2);
  while (a < last) {
    const s = v128.load32_splat(a);
    c0 = f32x4.add(c0, f32x4.mul(s, v128.load(b)));
    c1 = f32x4.add(c1, f32x4.mul(s, v128.load(b, 16)));
    a += 4;
    b += 32;
  }
  finish(c, c0, c1, accumulate);
}

// @ts-ignore: decorator
@inline
function finish(c: usize, left: v128, right: v128, accumulate: i32): void {
  if (accumulate) {
    left = f32x4.add(v128.load(c), left);
    right = f32x4.add(v128.load(c, 16), right);
  }
  v128.store(c, left);
  v128.store(c, right, 16);
}

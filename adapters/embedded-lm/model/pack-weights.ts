import type { Tensor } from './parameter-layout.ts';
import type { Runtime } from './runtime.ts';

/** Tensors that enter matrix products. The others are read as they are. */
function isMatrix(tensor: Tensor): boolean {
  return tensor.rows > 1 && tensor.name !== 'embedding';
}

/** Copies weights with their matrices packed for the forward products; offsets stay those of the layout. */
export function packForward({ kernels, layout, floats }: Runtime, weights: number, packed: number): void {
  for (const tensor of layout.tensors) {
    const from = weights + tensor.offset * 4;
    const to = packed + tensor.offset * 4;
    if (isMatrix(tensor)) kernels.packPanels(from, tensor.rows, tensor.columns, to);
    else floats.copyWithin(to / 4, from / 4, from / 4 + tensor.rows * tensor.columns);
  }
}

/** Packs the transposed matrices, for gradients with respect to inputs. */
export function packBackward({ kernels, layout }: Runtime, weights: number, packed: number): void {
  for (const tensor of layout.tensors.filter(isMatrix)) {
    const at = tensor.offset * 4;
    kernels.packPanelsTransposed(weights + at, tensor.rows, tensor.columns, packed + at);
  }
}

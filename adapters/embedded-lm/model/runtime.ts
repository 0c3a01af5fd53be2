import type { ModelShape } from './contract.ts';
import { bindKernels, type Kernels } from './kernels.ts';
import { type Capacity, type MemoryPlan, planMemory } from './memory-plan.ts';
import { buildParameterLayout, type ParameterLayout, type Tensor } from './parameter-layout.ts';

/** What a thread is started with. The module and the memory are shared, not copied. */
export interface RuntimeSeed {
  readonly shape: ModelShape;
  readonly capacity: Capacity;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** Everything arithmetic needs: sizes, places, kernels and views of the one memory. */
export interface Runtime {
  readonly shape: ModelShape;
  readonly layout: ParameterLayout;
  readonly plan: MemoryPlan;
  readonly kernels: Kernels;
  readonly floats: Float32Array;
  readonly integers: Int32Array;
  readonly doubles: Float64Array;
}

/** Builds a thread's own view of the shared model. */
export function createRuntime({ shape, capacity, module, memory }: RuntimeSeed): Runtime {
  const layout = buildParameterLayout(shape);
  return {
    shape,
    layout,
    plan: planMemory(shape, layout, capacity),
    kernels: bindKernels(module, memory),
    floats: new Float32Array(memory.buffer),
    integers: new Int32Array(memory.buffer),
    doubles: new Float64Array(memory.buffer),
  };
}

/** A view of n floats at a byte address. It shares the memory: copy before handing it out. */
export function viewFloats(runtime: Runtime, address: number, n: number): Float32Array {
  return runtime.floats.subarray(address / 4, address / 4 + n);
}

/** A view of n integers at a byte address. */
export function viewIntegers(runtime: Runtime, address: number, n: number): Int32Array {
  return runtime.integers.subarray(address / 4, address / 4 + n);
}

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

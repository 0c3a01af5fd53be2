import { defineCommand } from '../define-command.ts';
import { addRecipeOptions } from './recipe-options.ts';
import { addTeacherOptions } from './teacher-options.ts';

/** `doctor`: probes the outside things. */
export const doctorCommand = defineCommand({
  name: 'doctor',
  describe: 'probe engine, tokenizer tags, trainer and store: what works, what does not, what to do about it',
  builder: (yargs) => addTeacherOptions(addRecipeOptions(yargs)),
  load: async () => (await import('../actions/doctor.ts')).doctor,
});

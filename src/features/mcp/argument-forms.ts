import { z } from 'zod';

/** The forms of arguments that several tools take. */
export const taskId = z
  .string()
  .max(200)
  .describe('The id of a task, from list_tasks, search_steps or create_scraping_task.');
export const cursor = z
  .string()
  .max(2_000)
  .optional()
  .describe('Where to go on: next_cursor of the answer before, with all other arguments as they were.');
export const moment = z.iso.datetime({ offset: true }).optional();
/** From the first year that the days of metrics reach; what lies before it is a slip. */
export const day = z.iso
  .date()
  .refine((text) => text >= '1970', 'It must be a day from 1970 on')
  .optional();
export const texts = z.array(z.string().max(200)).max(100).optional();
export const limit = (standard: number, most: number) =>
  z.number().int().min(1).max(most).default(standard).describe(`At most so many; ${standard} unless told.`);
export const maxPayloadChars = z
  .number()
  .int()
  .min(0)
  .max(50_000)
  .default(2_000)
  .describe(
    'Inputs, outputs and attributes are cut past so many characters of their JSON; 2,000 unless told.',
  );

export const dateOf = (text: string | undefined) => (text === undefined ? null : new Date(text));

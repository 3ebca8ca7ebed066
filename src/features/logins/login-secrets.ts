import { z } from 'zod';
import type { StorageState } from '../scraping/index.js';
import type { FieldProblem } from '../../platform/errors.js';
import type { SecretBox } from '../../platform/secret-box.js';
import type { LoginRecipeInput } from './login.inputs.js';

/** How to sign in again. */
export type LoginRecipe = Pick<
  LoginRecipeInput,
  'url' | 'usernameSelector' | 'username' | 'passwordSelector' | 'password' | 'submitSelector'
>;

const cookie = z.object({
  name: z.string().min(1),
  value: z.string(),
  domain: z.string().min(1),
  path: z.string().startsWith('/').default('/'),
  expires: z.number().default(-1),
  httpOnly: z.boolean().default(false),
  secure: z.boolean().default(false),
  sameSite: z.enum(['Strict', 'Lax', 'None']).default('Lax'),
});
const stored = z.object({
  cookies: z.array(cookie).max(500).default([]),
  origins: z
    .array(
      z.object({
        origin: z.url({ protocol: /^https?$/ }),
        localStorage: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
      }),
    )
    .max(100)
    .default([]),
});

/** Reads a browser's state as Playwright writes it. What is wrong is told by its place, never by its value. */
export function readStorageState(value: unknown): { state: StorageState } | { problems: FieldProblem[] } {
  const parsed = stored.safeParse(value);
  if (parsed.success) return { state: parsed.data };
  return {
    problems: parsed.error.issues.slice(0, 10).map(({ path }) => ({
      path: `input.storageState${path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')}`,
      message: "This is not what Playwright's storageState() gives: an object of cookies and origins.",
    })),
  };
}

/** The secrets of login sessions, sealed for the row that holds them. */
export class LoginSecrets {
  constructor(private readonly box: SecretBox) {}

  get canSeal(): boolean {
    return this.box.hasKey;
  }

  sealState(sessionId: string, state: StorageState): Buffer {
    return this.box.seal(JSON.stringify(state), placeOf(sessionId, 'storage_state'));
  }

  sealRecipe(sessionId: string, recipe: LoginRecipe): Buffer {
    const { url, usernameSelector, username, passwordSelector, password, submitSelector } = recipe;
    const text = JSON.stringify({
      url,
      usernameSelector,
      username,
      passwordSelector,
      password,
      submitSelector,
    });
    return this.box.seal(text, placeOf(sessionId, 'recipe'));
  }

  /** @throws SecretBoxError */
  openState({ id, storageState }: { id: string; storageState: Buffer | null }): StorageState | null {
    if (!storageState) return null;
    return JSON.parse(this.box.open(storageState, placeOf(id, 'storage_state'))) as StorageState;
  }

  /** @throws SecretBoxError */
  openRecipe({ id, recipe }: { id: string; recipe: Buffer | null }): LoginRecipe | null {
    if (!recipe) return null;
    return JSON.parse(this.box.open(recipe, placeOf(id, 'recipe'))) as LoginRecipe;
  }
}

const placeOf = (sessionId: string, column: string) => `login_sessions/${sessionId}/${column}`;

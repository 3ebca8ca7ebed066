import type { FieldProblem } from '../../platform/errors.js';
import { commonPasswords, commonWords } from './common-passwords.js';

const usernameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{2,38}$/;
const emailForm = /^[^\s@"(),:;<>[\]\\]{1,64}@[^\s@"(),:;<>[\]\\]+\.[^\s@"(),:;<>[\]\\.]+$/;
const longestEmail = 254;
const shortestPassword = 10;
const longestPassword = 1024;
/** A shorter name than this may well stand in a password by chance. */
const shortestTellingName = 3;

export interface Account {
  username: string;
  email: string;
}

/** How a username or an email address is compared: without regard to case. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** Whether it looks like an email address that one could write to. */
export function isEmailAddress(email: string): boolean {
  return email.length <= longestEmail && emailForm.test(email);
}

/** What is wrong with a username and an email address; the paths are the names of the fields. */
export function accountProblems({ username, email }: Account): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!usernameForm.test(username)) {
    problems.push({
      path: 'username',
      message:
        'A username has 3 to 39 of the letters A to Z, digits, ".", "_" and "-", and begins with a letter or digit.',
    });
  }
  if (!isEmailAddress(email)) {
    problems.push({
      path: 'email',
      message: `An email address looks like name@example.com and has ${longestEmail} characters at most.`,
    });
  }
  return problems;
}

/** What is wrong with a new password, as a sentence; undefined where nothing is. */
export function passwordProblem(password: string, { username, email }: Account): string | undefined {
  const plain = nameKey(password);
  if (Array.from(plain).length < shortestPassword) {
    return `A password needs ${shortestPassword} characters or more.`;
  }
  if (password.length > longestPassword) return `A password has ${longestPassword} characters at most.`;
  const names = [nameKey(username), nameKey(email).split('@')[0] ?? ''];
  if (names.some((name) => name.length >= shortestTellingName && plain.includes(name))) {
    return 'The password must hold neither the username nor the name in the email address.';
  }
  if (isCommon(plain)) return 'This password is among the first that are tried; choose a rarer one.';
  return undefined;
}

/** Looks and digits that stand for letters: p@ssw0rd is password. */
const lookalikes: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
};

/** Keys that lie beside each other, and the orders that everybody knows. */
const runs = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'azertyuiop',
];
const bothWays = runs.flatMap((run) => [run, Array.from(run).toReversed().join('')]);

function isCommon(plain: string): boolean {
  if (commonPasswords.has(plain) || new Set(plain).size < 5 || isRepetition(plain) || isMadeOfRuns(plain)) {
    return true;
  }
  const letters = Array.from(plain, (sign) => lookalikes[sign] ?? sign).join('');
  return [plain, letters].some((text) => isCommonWord(text)) || isCommonWord(spelledOut(plain));
}

/** abcabcabcabc: the same few signs again and again. */
function isRepetition(text: string): boolean {
  return /^(.{1,6}?)\1+.{0,2}$/su.test(text);
}

/** 12345abcde, qwertyuiop: nothing but stretches of well-known orders, each of three signs or more. */
function isMadeOfRuns(text: string): boolean {
  let from = 0;
  while (from < text.length) {
    let length = Math.min(text.length - from, 26);
    while (length >= 3 && !bothWays.some((run) => run.includes(text.slice(from, from + length)))) length--;
    if (length < 3) return false;
    from += length;
  }
  return true;
}

/** welcome2026!: a word with digits and signs around it. */
function isCommonWord(text: string): boolean {
  return commonWords.has(text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, ''));
}

/** p@ssw0rd2026: only what stands between the outer digits and signs is read as letters. */
function spelledOut(plain: string): string {
  const core = plain.replace(/^[\d\s\p{P}\p{S}]+|[\d\s\p{P}\p{S}]+$/gu, '');
  return Array.from(core, (sign) => lookalikes[sign] ?? sign).join('');
}

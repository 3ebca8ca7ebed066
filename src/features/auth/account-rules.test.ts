import { describe, expect, test } from '@jest/globals';
import { accountProblems, nameKey, passwordProblem } from './account-rules.js';
import { commonPasswords } from './common-passwords.js';

const ada = { username: 'ada.lovelace', email: 'countess@example.com' };

describe('accountProblems', () => {
  test.each(['ada', 'Ada_1', '0day', 'a.b-c_d', 'x'.repeat(39)])('takes the username %s', (username) => {
    expect(accountProblems({ ...ada, username })).toEqual([]);
  });
  test.each(['', 'ab', '.ada', '-ada', 'ada lovelace', 'ada@home', 'ädä', 'x'.repeat(40), 'ada\n'])(
    'refuses the username %j',
    (username) => {
      expect(accountProblems({ ...ada, username })).toMatchObject([{ path: 'username' }]);
    },
  );
  test.each(['a@b.co', 'first.last+tag@mail.example.org', "o'brien@example.ie", 'jürgen@müller.de'])(
    'takes the address %s',
    (email) => {
      expect(accountProblems({ ...ada, email })).toEqual([]);
    },
  );
  test.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'ada@localhost',
    'a b@example.com',
    'a@b@c.de',
    'a@b..',
    `a@${'b'.repeat(250)}.de`,
  ])('refuses the address %j', (email) => {
    expect(accountProblems({ ...ada, email })).toMatchObject([{ path: 'email' }]);
  });
});

test('names are compared without regard to case', () => {
  expect(nameKey('Ada.Lovelace')).toBe(nameKey('ADA.LOVELACE'));
});

describe('passwordProblem', () => {
  test.each([
    'orchid lantern 7',
    'Xk29fLq0aZ',
    'correct horse battery staple',
    'пароль у моря',
    'r7!Kp_2wQz',
  ])('takes %s', (password) => {
    expect(passwordProblem(password, ada)).toBeUndefined();
  });
  test.each(['Xk29fLq0a', '', '🦊🦊🐻🐻'])('refuses %j as too short', (password) => {
    expect(passwordProblem(password, ada)).toMatch(/10 characters or more/);
  });
  test('refuses what is longer than 1,024 characters', () => {
    expect(passwordProblem('a1b2 c3'.repeat(200), ada)).toMatch(/1024/);
  });
  test.each(['my-ADA.LOVELACE-1', 'TheCountess99!'])('refuses %s, which holds the name', (password) => {
    expect(passwordProblem(password, ada)).toMatch(/neither the username/);
  });
  test('a name of two letters may stand in a password by chance', () => {
    expect(passwordProblem('Xk29fLq0aZ', { username: 'bob', email: 'lq@example.com' })).toBeUndefined();
  });
  test.each([
    '1234567890',
    'Qwertyuiop',
    'Password123',
    'p@ssw0rd2026',
    'P@$$w0rd1!',
    'Welcome2026!',
    'letmein!!!!!',
    '2026summer!!',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '9876543210abc',
    'qwertyasdfgh12345',
    'Admin123456!',
    'binnacle2026',
    '1q2w3e4r5t',
  ])('refuses the common %s', (password) => {
    expect(passwordProblem(password, ada)).toMatch(/among the first/);
  });
});

test('the list holds only what the length would let through, in the form it is compared in', () => {
  expect([...commonPasswords].filter((entry) => entry.length < 9 || entry !== nameKey(entry))).toEqual([]);
});

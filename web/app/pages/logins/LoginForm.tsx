import { useMutation } from '@tanstack/react-query';
import { useId, useState, type ComponentProps } from 'react';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { FormProblem, problemAt } from '../../components/FormProblem';
import panel from '../../components/Panel.module.css';
import { PutLoginSessionDocument, type LoginDetailFragment } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import styles from './LoginsPage.module.css';

interface Props {
  onSaved: (session: LoginDetailFragment) => void;
  onClose: () => void;
}

const EMPTY = {
  site: '',
  account: '',
  probeUrl: '',
  loggedInSelector: '',
  loggedOutSelector: '',
  storageState: '',
  url: '',
  usernameSelector: '',
  username: '',
  passwordSelector: '',
  password: '',
  submitSelector: '',
};
type Key = keyof typeof EMPTY;
const RECIPE = [
  'url',
  'usernameSelector',
  'username',
  'passwordSelector',
  'password',
  'submitSelector',
] as const;

const orNull = (text: string) => text.trim() || null;

/** The form for a login. What signs in is stored encrypted and shown to nobody again; a login of the same site and account is replaced. */
export function LoginForm({ onSaved, onClose }: Props) {
  const project = useProject();
  const { api } = useApi();
  const stateId = useId();
  const [draft, setDraft] = useState(EMPTY);
  const set = (part: Partial<typeof EMPTY>) => setDraft((before) => ({ ...before, ...part }));
  const storageState = parse(draft.storageState);
  const save = useMutation({
    mutationFn: async () => {
      const recipe = Object.fromEntries(RECIPE.map((key) => [key, draft[key]])) as Record<
        (typeof RECIPE)[number],
        string
      >;
      const input = {
        projectId: project.id,
        site: draft.site.trim(),
        account: draft.account.trim(),
        probeUrl: draft.probeUrl.trim(),
        loggedInSelector: orNull(draft.loggedInSelector),
        loggedOutSelector: orNull(draft.loggedOutSelector),
        storageState: storageState ?? null,
        recipe: RECIPE.some((key) => draft[key].trim()) ? recipe : null,
      };
      return (await api.request(PutLoginSessionDocument, { input })).putLoginSession;
    },
    onSuccess: (session) => {
      onSaved(session);
      onClose();
    },
  });
  const text = (
    key: Key,
    label: string,
    more: Partial<ComponentProps<typeof Field>> = {},
    path: string = key,
  ) => (
    <Field
      {...more}
      label={label}
      value={draft[key]}
      onChange={(value) => set({ [key]: value })}
      problem={problemAt(save.error, path)}
    />
  );
  return (
    <form
      className={panel.card}
      aria-label="Add a login"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending && storageState !== undefined) save.mutate();
      }}
    >
      <div className={panel.fields}>
        {text('site', 'Site', { autoFocus: true, placeholder: 'shop.example' })}
        {text('account', 'Account')}
        {text('probeUrl', 'Address to look at', {
          type: 'url',
          hint: 'A page that tells whether one is signed in',
        })}
        {text('loggedInSelector', 'There when signed in', { hint: 'A selector' })}
        {text('loggedOutSelector', 'There when signed out', { hint: 'A selector' })}
      </div>
      <div>
        <label htmlFor={stateId}>Browser’s storage state (JSON), if there is one</label>
        <textarea
          id={stateId}
          className={styles.state}
          rows={4}
          spellCheck={false}
          value={draft.storageState}
          aria-invalid={storageState === undefined}
          aria-describedby={`${stateId}-problem`}
          onChange={(event) => set({ storageState: event.target.value })}
        />
        <p id={`${stateId}-problem`} className={panel.problem}>
          {storageState === undefined ? 'This is no JSON object.' : problemAt(save.error, 'storageState')}
        </p>
      </div>
      <fieldset className={`${panel.fields} ${panel.fieldset}`}>
        <legend>How to sign in again, if that shall be done by itself</legend>
        {text('url', 'Address of the form', { type: 'url' }, 'recipe.url')}
        {text('usernameSelector', 'Field of the name', { hint: 'A selector' }, 'recipe.usernameSelector')}
        {text('username', 'Name', { autoComplete: 'off' }, 'recipe.username')}
        {text('passwordSelector', 'Field of the password', { hint: 'A selector' }, 'recipe.passwordSelector')}
        {text('password', 'Password', { type: 'password', autoComplete: 'new-password' }, 'recipe.password')}
        {text('submitSelector', 'Button', { hint: 'A selector' }, 'recipe.submitSelector')}
      </fieldset>
      <FormProblem fault={save.error} isAtField={(path) => path.replace(/^recipe\./, '') in EMPTY} />
      <div className={panel.bar}>
        <Button
          type="submit"
          look="primary"
          isPending={save.isPending}
          isDisabled={storageState === undefined}
        >
          Save the login
        </Button>
        <Button onPress={onClose}>Close</Button>
      </div>
    </form>
  );
}

/** Null where nothing is told, undefined where it is no JSON object. */
function parse(text: string): object | null | undefined {
  if (text.trim() === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

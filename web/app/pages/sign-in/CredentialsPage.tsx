import { useState, type ReactNode } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { GraphqlFault } from '../../../access/graphql-post';
import { useSession } from '../../api/api-context';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import styles from './CredentialsPage.module.css';

export interface CredentialField<Name extends string> {
  name: Name;
  label: string;
  type: 'text' | 'email' | 'password';
  autoComplete: string;
  hint?: string;
}

interface Props<Name extends string> {
  title: string;
  fields: readonly CredentialField<Name>[];
  /** @throws GraphqlFault */
  onSubmit: (values: Record<Name, string>) => Promise<void>;
  /** The way to the other page of the two; keeps where to go back to. */
  other: (query: string) => ReactNode;
}

/** Sign in and register: a form, and where to go once somebody is signed in. */
export function CredentialsPage<Name extends string>({ title, fields, onSubmit, other }: Props<Name>) {
  const session = useSession();
  const [search] = useSearchParams();
  const [values, setValues] = useState(
    () => Object.fromEntries(fields.map(({ name }) => [name, ''])) as Record<Name, string>,
  );
  const [fault, setFault] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);

  if (session.state === 'signed-in') return <Navigate to={backOf(search)} replace />;

  const submit = async () => {
    setBusy(true);
    setFault(null);
    try {
      await onSubmit(values);
    } catch (error) {
      setFault(error as Error);
    } finally {
      setBusy(false);
    }
  };
  const problems = fault instanceof GraphqlFault ? fault.fields : [];
  const problemOf = (name: string) => problems.find(({ path }) => path.split('.').at(-1) === name)?.message;
  const isToldAtFields = fields.some(({ name }) => problemOf(name));
  const notice = session.state === 'signed-out' ? session.notice : null;

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <p className={styles.brand}>Binnacle</p>
        <h1>{title}</h1>
        {notice && (
          <p className={styles.notice} role="status">
            {notice}
          </p>
        )}
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (!isBusy) void submit();
          }}
        >
          {fields.map((field, index) => (
            <Field
              key={field.name}
              {...field}
              isRequired
              spellCheck="false"
              autoFocus={index === 0}
              value={values[field.name]}
              onChange={(value) => setValues({ ...values, [field.name]: value })}
              problem={problemOf(field.name)}
            />
          ))}
          <p role="alert" className={styles.problem}>
            {isToldAtFields ? '' : fault?.message}
          </p>
          <Button type="submit" look="primary" isPending={isBusy}>
            {title}
          </Button>
        </form>
        <p className={styles.other}>{other(search.size > 0 ? `?${search.toString()}` : '')}</p>
      </div>
    </main>
  );
}

/** Only to addresses of this page: "//host" would lead away from it. */
function backOf(search: URLSearchParams): string {
  const back = search.get('back') ?? '/';
  return /^\/(?![/\\])/.test(back) ? back : '/';
}

import { Link } from 'react-router';
import { useApi } from '../../api/api-context';
import { usePageTitle } from '../../shell/use-page-title';
import { CredentialsPage, type CredentialField } from './CredentialsPage';

const FIELDS: CredentialField<'login' | 'password'>[] = [
  { name: 'login', label: 'Username or email', type: 'text', autoComplete: 'username' },
  { name: 'password', label: 'Password', type: 'password', autoComplete: 'current-password' },
];

export function SignInPage() {
  const { session } = useApi();
  usePageTitle('Sign in');
  return (
    <CredentialsPage
      title="Sign in"
      fields={FIELDS}
      onSubmit={(values) => session.signIn(values)}
      other={(query) => (
        <>
          No account yet? <Link to={`/register${query}`}>Register</Link>
        </>
      )}
    />
  );
}

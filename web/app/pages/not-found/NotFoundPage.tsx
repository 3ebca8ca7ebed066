import { ButtonLink } from '../../components/Button';
import { StatePanel } from '../../components/States';
import { usePageTitle } from '../../shell/use-page-title';

export function NotFoundPage() {
  usePageTitle('Not found');
  return (
    <StatePanel
      title="There is no such page"
      action={
        <ButtonLink look="primary" to="/">
          To your tasks
        </ButtonLink>
      }
    >
      <p>The address may be misspelt, or from another version of Binnacle.</p>
    </StatePanel>
  );
}

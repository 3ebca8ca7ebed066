import { StatePanel } from '../../components/States';
import { usePageTitle } from '../../shell/use-page-title';

export function SearchPage() {
  usePageTitle('Search');
  return <StatePanel title="Search" />;
}

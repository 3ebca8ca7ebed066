import { StatePanel } from '../../components/States';
import { usePageTitle } from '../../shell/use-page-title';

export function AgentsPage() {
  usePageTitle('Agents');
  return <StatePanel title="Agents" />;
}

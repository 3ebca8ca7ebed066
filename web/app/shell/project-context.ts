import { createContext, use } from 'react';
import type { ProjectRole } from '../generated/graphql';

/** The project of the address, and what the person may do in it. */
export interface CurrentProject {
  id: string;
  slug: string;
  name: string;
  role: ProjectRole;
}

export const ProjectContext = createContext<CurrentProject | null>(null);

export function useProject(): CurrentProject {
  const project = use(ProjectContext);
  if (!project) throw new Error('useProject needs a ProjectShell around it.');
  return project;
}

/** Viewers read only. */
export function useCanOperate(): boolean {
  return useProject().role !== 'VIEWER';
}

/** Only admins change what holds for the whole project, such as prices. */
export function useCanManage(): boolean {
  return useProject().role === 'ADMIN';
}

const STORAGE_KEY = 'binnacle.project';

/** The slug of the project that was open last in this browser. */
export function readLastProject(): string | null {
  return localStorage.getItem(STORAGE_KEY);
}

export function rememberProject(slug: string): void {
  localStorage.setItem(STORAGE_KEY, slug);
}

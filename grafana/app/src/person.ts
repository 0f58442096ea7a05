import { config } from '@grafana/runtime';

/** What the person in front may do; Grafana and HQ decide, this only leaves out buttons that would be refused. */
export function person() {
  const { login, orgRole } = config.bootData.user;
  return {
    login,
    /** Operator at HQ. */
    mayAct: orgRole === 'Editor' || orgRole === 'Admin',
    /** Admin at HQ. */
    mayManage: orgRole === 'Admin',
  };
}

import { PanelPlugin } from '@grafana/data';
import { inStore } from '../in-store.js';
import { MaintenancePanel } from './MaintenancePanel.js';

export const plugin = new PanelPlugin(inStore(MaintenancePanel));

/** The devices without hardware that a person can choose from. */
export const SIMULATED = ['sim:gps', 'sim:echo', 'sim:modbus', 'sim:modbus-ascii', 'sim:noise:1000'] as const

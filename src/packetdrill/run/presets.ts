/** What suites expect a machine to be set to before any script: knobs of Linux by name. */

/** As set by the defaults.sh of Google's and the kernel's suites. */
export const linuxDefaults: Readonly<Record<string, string>> = {
  "net.ipv4.tcp_rmem": "4096 540000 15728640",
  "net.ipv4.tcp_wmem": "4096 262144 4194304",
  "net.ipv4.tcp_timestamps": "1",
  "net.ipv4.tcp_syn_retries": "5",
  "net.ipv4.tcp_synack_retries": "5",
  "net.ipv4.tcp_frto": "2",
  "net.ipv4.tcp_sack": "1",
  "net.ipv4.tcp_dsack": "1",
  "net.ipv4.tcp_fack": "0",
  "net.ipv4.tcp_reordering": "3",
  "net.ipv4.tcp_congestion_control": "cubic",
  "net.ipv4.tcp_slow_start_after_idle": "0",
  "net.ipv4.tcp_early_retrans": "4",
  "net.ipv4.tcp_recovery": "1",
  "net.ipv4.tcp_tso_win_divisor": "3",
  "net.ipv4.tcp_ecn": "0",
  "net.ipv4.tcp_ecn_option": "2",
  "net.ipv4.tcp_pacing_ss_ratio": "200",
  "net.ipv4.tcp_pacing_ca_ratio": "120",
  "net.ipv4.tcp_notsent_lowat": "4294967295",
  "net.ipv4.tcp_fastopen": "0x70403",
  "net.ipv4.tcp_syncookies": "1",
};

/** A Linux 3.x, for which nplab's scripts were written: its windows scale by 6, a SYN backs off from the start, and a
 * packet that the device cuts holds all that may go. */
export const linux3: Readonly<Record<string, string>> = {
  "net.ipv4.tcp_rmem": "4096 87380 4194240",
  "net.ipv4.tcp_syn_linear_timeouts": "0",
  "net.ipv4.tcp_min_tso_segs": "255",
  "net.ipv4.tcp_tso_win_divisor": "1",
};

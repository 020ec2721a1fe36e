/**
 * The struct literals of the language: which fields stand together, in which order. A field in brackets may be left
 * out. SCTP's follow RFC 6458, the rest POSIX and Linux.
 */
import type { Dialect, Field } from "../script/script.ts";

const both = {
  sockaddr: "sa_family sin_port sin_addr",
  linger: "onoff linger",
  pollfd: "fd events [revents]",
  sock_extended_err: "ee_errno ee_origin ee_type ee_code ee_info ee_data",
} as const;

const onlyGoogle = {
  epoll_event_fd: "events fd",
  epoll_event_ptr: "events ptr",
  epoll_event_u32: "events u32",
  epoll_event_u64: "events u64",
  iovec: "iov_base iov_len",
  msghdr: "msg_name msg_iov msg_flags [msg_control]",
  cmsghdr: "cmsg_level cmsg_type cmsg_data",
  scm_timestamping: "scm_sec scm_nsec",
} as const;

const onlyNplab = {
  iovec: "iov_base iov_len",
  msghdr: "msg_name msg_iov [msg_control] msg_flags",
  cmsghdr: "cmsg_len cmsg_level cmsg_type cmsg_data",
  // Association parameters, RFC 6458, section 8
  sctp_rtoinfo: "[srto_assoc_id] srto_initial srto_max srto_min",
  sctp_initmsg: "sinit_num_ostreams sinit_max_instreams sinit_max_attempts sinit_max_init_timeo",
  sctp_assoc_value: "[assoc_id] assoc_value",
  sctp_stream_value: "[assoc_id] stream_id stream_value",
  sctp_sack_info: "[sack_assoc_id] sack_delay sack_freq",
  sctp_paddrparams:
    "[spp_assoc_id] spp_address spp_hbinterval spp_pathmaxrxt spp_pathmtu spp_flags spp_ipv6_flowlabel spp_dscp",
  sctp_assocparams:
    "[sasoc_assoc_id] sasoc_asocmaxrxt sasoc_number_peer_destinations sasoc_peer_rwnd sasoc_local_rwnd sasoc_cookie_life",
  sctp_status:
    "[sstat_assoc_id] sstat_state sstat_rwnd sstat_unackdata sstat_penddata sstat_instrms sstat_outstrms sstat_fragmentation_point sstat_primary",
  sctp_paddrinfo:
    "[spinfo_assoc_id] spinfo_address spinfo_state spinfo_cwnd spinfo_srtt spinfo_rto spinfo_mtu",
  sctp_event: "[se_assoc_id] se_type se_on",
  sctp_event_subscribe:
    "sctp_data_io_event sctp_association_event sctp_address_event sctp_send_failure_event sctp_peer_error_event sctp_shutdown_event sctp_partial_delivery_event sctp_adaptation_layer_event sctp_authentication_event sctp_sender_dry_event",
  sctp_authchunk: "sauth_chunk",
  sctp_authkey: "[sca_assoc_id] sca_keynumber sca_keylength sca_key",
  sctp_authkeyid: "[scact_assoc_id] scact_keynumber",
  sctp_authchunks: "[gauth_assoc_id] gauth_number_of_chunks gauth_chunks",
  sctp_hmacalgo: "shmac_number_of_idents shmac_idents",
  sctp_assoc_ids: "gaids_number_of_ids gaids_assoc_id",
  sctp_setprim: "[ssp_assoc_id] ssp_addr",
  sctp_setpeerprim: "[sspp_assoc_id] sspp_addr",
  sctp_setadaptation: "ssb_adaptation_ind",
  sctp_reset_streams: "[srs_assoc_id] srs_flags srs_number_streams srs_stream_list",
  sctp_add_streams: "[sas_assoc_id] sas_instrms sas_outstrms",
  sctp_udpencaps: "[sue_assoc_id] sue_address sue_port",
  // What goes with a message, RFC 6458, section 5.3
  sctp_sndinfo: "snd_sid snd_flags snd_ppid snd_context [snd_assoc_id]",
  sctp_rcvinfo: "rcv_sid rcv_ssn rcv_flags rcv_ppid rcv_tsn rcv_cumtsn rcv_context [rcv_assoc_id]",
  sctp_nxtinfo: "nxt_sid nxt_flags nxt_ppid nxt_length [nxt_assoc_id]",
  sctp_recvv_rn: "recvv_rcvinfo recvv_nxtinfo",
  sctp_sndrcvinfo:
    "sinfo_stream sinfo_ssn sinfo_flags sinfo_ppid sinfo_context sinfo_timetolive sinfo_tsn sinfo_cumtsn [sinfo_assoc_id]",
  sctp_extrcvinfo:
    "sinfo_stream sinfo_ssn sinfo_flags sinfo_ppid sinfo_context sinfo_pr_value sinfo_tsn sinfo_cumtsn serinfo_next_flags serinfo_next_stream serinfo_next_aid serinfo_next_length serinfo_next_ppid [sinfo_assoc_id]",
  sctp_prinfo: "pr_policy pr_value",
  sctp_default_prinfo: "pr_policy pr_value pr_assoc_id",
  sctp_authinfo: "auth_keynumber",
  sctp_sendv_spa: "sendv_flags sendv_sndinfo sendv_prinfo sendv_authinfo",
  // Notifications, RFC 6458, section 6
  sctp_assoc_change:
    "sac_type sac_flags sac_length sac_state sac_error sac_outbound_streams sac_inbound_streams [sac_assoc_id] [sac_info]",
  sctp_paddr_change: "spc_type spc_flags spc_length spc_aaddr spc_state spc_error [spc_assoc_id]",
  sctp_remote_error: "sre_type sre_flags sre_length sre_error [sre_assoc_id] sre_data",
  sctp_send_failed: "ssf_type ssf_flags ssf_length ssf_error ssf_info [ssf_assoc_id] ssf_data",
  sctp_send_failed_event: "ssfe_type ssfe_flags ssfe_length ssfe_error ssfe_info [ssfe_assoc_id] ssfe_data",
  sctp_shutdown_event: "sse_type sse_flags sse_length [sse_assoc_id]",
  sctp_adaptation_event: "sai_type sai_flags sai_length sai_adaptation_ind [sai_assoc_id]",
  sctp_pdapi_event:
    "pdapi_type pdapi_flags pdapi_length pdapi_indication pdapi_stream pdapi_seq [pdapi_assoc_id]",
  sctp_authkey_event: "auth_type auth_flags auth_length auth_keynumber auth_indication [auth_assoc_id]",
  sctp_sender_dry_event: "sender_dry_type sender_dry_flags sender_dry_length [sender_dry_assoc_id]",
  sctp_stream_reset_event:
    "strreset_type strreset_flags strreset_length [strreset_assoc_id] strreset_stream_list",
  sctp_assoc_reset_event:
    "assocreset_type assocreset_flags assocreset_length [assocreset_assoc_id] assocreset_local_tsn assocreset_remote_tsn",
  sctp_stream_change_event:
    "strchange_type strchange_flags strchange_length [strchange_assoc_id] strchange_instrms strchange_outstrms",
  sctp_notification: "sn_type sn_flags sn_length",
} as const;

export type StructName = keyof typeof both | keyof typeof onlyGoogle | keyof typeof onlyNplab;

interface Layout {
  readonly name: StructName;
  readonly fields: readonly string[];
  readonly optional: ReadonlySet<string>;
}

const layouts: Readonly<Record<Dialect, readonly Layout[]>> = {
  google: [...read(both), ...read(onlyGoogle)],
  nplab: [...read(both), ...read(onlyNplab)],
};

function read(table: Readonly<Partial<Record<StructName, string>>>): Layout[] {
  return (Object.entries(table) as [StructName, string][]).map(([name, text]) => {
    const optional = new Set([...text.matchAll(/\[(\w+)\]/g)].map((match) => match[1]!));
    return { name, fields: text.replace(/[[\]]/g, "").split(" "), optional };
  });
}

/** Which struct a literal is; or what is wrong with it, and with which of its fields. */
export function structOf(dialect: Dialect, fields: readonly Field[]): StructName | StructMistake {
  let best: StructMistake = { field: 0, reason: `no struct begins with ${fields[0]!.name}` };
  for (const layout of layouts[dialect]) {
    const mistake = mismatch(layout, fields);
    if (mistake === undefined) return layout.name;
    if (mistake.field > best.field) best = mistake;
  }
  return best;
}

export interface StructMistake {
  /** Index of the first field that does not fit; the number of fields when one is missing after them. */
  readonly field: number;
  readonly reason: string;
}

function mismatch(layout: Layout, fields: readonly Field[]): StructMistake | undefined {
  let at = 0;
  for (const wanted of layout.fields) {
    if (fields[at]?.name === wanted) at++;
    else if (!layout.optional.has(wanted)) {
      const reason = `${layout.name} has ${layout.fields.join(", ")}: ${wanted} is missing here`;
      return { field: at, reason };
    }
  }
  if (at === fields.length) return undefined;
  return {
    field: at,
    reason: `${layout.name} has ${layout.fields.join(", ")}: ${fields[at]!.name} is not next`,
  };
}

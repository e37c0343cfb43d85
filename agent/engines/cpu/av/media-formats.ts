/**
 * Containers and elementary streams that hold their own media, by FFmpeg's names. Playlists, scripts, devices and
 * numbered pictures are left out on purpose: they would name other files.
 */
export const MEDIA_FORMATS: readonly string[] = [
  "mov mp4 m4a 3gp 3g2 mj2 matroska webm avi asf flv live_flv ivf nut",
  "mpeg mpegts mpegvideo mxf gxf rm ogg dv roq smk bink nsv swf wtv pva",
  "h264 hevc vvc m4v h263 h261 vc1 vc1test obu av1 dirac yuv4mpegpipe avs",
  "gif apng flic lmlm4 4xm mvi thp vivo ea idcin cdxl",
  "mp3 aac ac3 eac3 dts dtshd truehd mlp flac wav w64 aiff caf au ape",
  "wv tta tak mpc mpc8 shn dsf iff amr amrnb amrwb loas oma aa",
  "aax qcp voc sox xwma ac4 rso mmf spdif adx act bit g722 gsm ircam",
  "nistsphere avr pvf sds sdr2 wsaud xa hca brstm bfstm osq rka wady iamf",
].flatMap((names) => names.split(" "));

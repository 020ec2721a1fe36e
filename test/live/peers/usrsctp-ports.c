/* The ports that usrsctp chooses for bind(2) with port 0.   usrsctp-ports COUNT */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

int main(int count, char **words) {
  if (count < 2) return 2;
  usrsctp_init(0, NULL, NULL);
  printf("ports:");
  for (int i = 0; i < atoi(words[1]); i++) {
    struct socket *s = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    struct sockaddr_in me;
    struct sockaddr *bound;
    memset(&me, 0, sizeof me);
    me.sin_family = AF_INET;
    me.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s == NULL || usrsctp_bind(s, (struct sockaddr *)&me, sizeof me) ||
        usrsctp_getladdrs(s, 0, &bound) <= 0) {
      printf(" failed");
      continue;
    }
    printf(" %u", ntohs(((struct sockaddr_in *)bound)->sin_port));
    usrsctp_freeladdrs(bound);
    usrsctp_close(s);
  }
  puts("");
  fflush(stdout);
  _Exit(0); /* usrsctp_finish takes a second and a half */
}

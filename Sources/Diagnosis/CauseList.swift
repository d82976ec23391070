/// Every cause. The order is that of the catalogue; which is told first is decided by what the evidence shows.
let allCauses: [any Cause] = [
  UnroutableAnnouncement(), MeaninglessAnnouncement(), RewrittenPort(), OtherPublicAddress(), OutsideRange(),
  NoHairpin(), HelperDidNotAct(), OtherBackend(), OnePortFails(), ConnectionProxy(), ClosedPassivePort(),
  PeersDiffer(), SessionNotReused(), DataMustBeEncrypted(), DataTLSBroken(), NoTLSAtServer(),
  TLSRequired(), RangeUsedUp(), ForeignPort(), ActiveBlocked(), FamilyTrouble(), BadAnnouncedAddress(), IdleTimer(),
  LostReply(), MiddleboxAnswersAUTH(), AsymmetricPath(), MalformedAnnouncement(), RateFloor(),
  UploadCut(), TransparentProxy(), NoFTP(), HostNameWanted(), LimitsAndLogins(), ServerDied(), ImpatientClient(),
  HelperSwitchedOff(),
  LargePacketsLost(), TLSNotEnded(),
]

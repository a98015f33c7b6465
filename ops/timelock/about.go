package timelock

// Topics of events about a contract itself: who may do what. Both AccessControl 4.x
// and 5.x (contracts/access/AccessControl.sol).
var (
	roleGranted = topic("RoleGranted(bytes32,address,address)")
	roleRevoked = topic("RoleRevoked(bytes32,address,address)")

	ownershipTransferred = topic("OwnershipTransferred(address,address)")
)
